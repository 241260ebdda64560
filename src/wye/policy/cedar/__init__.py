"""The policy in Cedar: statements, what is known of deployments, and the engine that decides.

Cedar's own rules hold (https://docs.cedarpolicy.com): nothing is permitted unless a statement permits
it, and one that forbids overrides all that permit. Labels compile to statements; sets and files add to them.
"""
