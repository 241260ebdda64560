"""The contract between protocols: what each of them cannot carry."""
