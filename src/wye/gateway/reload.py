"""What changes while the gateway runs: its file, and the engines around it."""

import asyncio
import logging
from pathlib import Path

from wye.config.load import ConfigError, Loaded, read
from wye.config.restart import start_only
from wye.config.settings import Settings
from wye.config.watch import Files
from wye.gateway.fleet import Fleet
from wye.gateway.runtime import Runtime

log = logging.getLogger("wye")

WATCH_SECONDS = 1.0
REDISCOVER_SECONDS = 30.0


class Reload:
    """Puts new snapshots in force, one change at a time: nothing older can overtake something newer."""

    def __init__(self, files: Files | None, runtime: Runtime, fleet: Fleet) -> None:
        """`files`: of the configuration in force, from before it was read; None = there is no such file."""
        self._runtime = runtime
        self._fleet = fleet
        self._started = runtime.now.settings
        self._files = files
        """What was read last, whether it came into force or not: what mends it must be noticed."""
        self._one_at_a_time = asyncio.Lock()

    async def watch(self) -> None:
        """Put a changed configuration or policy in force; a broken one leaves the running one in place."""
        files = self._files
        while files is not None:
            await asyncio.sleep(WATCH_SECONDS)
            if files.changed():
                await self._reread(files)

    async def relearn(self) -> None:
        """Notice what routes have learnt, been granted or lost, and certificates that expire."""
        learnt = self._runtime.learnt
        while learnt is not None:
            await asyncio.sleep(WATCH_SECONDS)
            try:
                # Not behind a look around, which takes its time: it is done at once, with what is in force.
                if learnt.changed():
                    self._runtime.again()
            except Exception:
                log.exception("looking at what routes have learnt failed; it is tried again")

    async def rediscover(self) -> None:
        """Notice engines that come and go."""
        while True:
            await asyncio.sleep(REDISCOVER_SECONDS)
            await self.look_again()

    async def look_again(self) -> None:
        """Look around once under the settings in force."""
        async with self._one_at_a_time:
            settings = self._runtime.now.settings
            try:
                if await self._look(settings):
                    log.info("discovery: %d deployments now", len(self._runtime.now.deployments))
            except Exception:
                log.exception("looking for engines failed; what is in force stays")

    async def _reread(self, files: Files) -> None:
        async with self._one_at_a_time:
            try:
                loaded = read(files.config)
                files.follow(loaded.settings)
                await self._look(loaded.settings, always=True)
            except (ConfigError, OSError, ValueError) as error:
                log.error("%s\nthe configuration already running stays in force", error)  # noqa: TRY400  # no traceback
            except Exception:  # a defect of ours: the next change is to be noticed all the same
                log.exception("the configuration already running stays in force")
            else:
                self._tell(files.config, loaded)

    async def _look(self, settings: Settings, *, always: bool = False) -> bool:
        """Load what there is now under `settings`; say whether it was loaded."""
        found = await self._fleet.look(settings)
        if not always and found == self._fleet.found:
            return False
        self._runtime.load(settings, self._fleet.all_of(found), self._fleet.dynamic_of(found))
        self._fleet.found = found
        return True

    def _tell(self, config: Path, loaded: Loaded) -> None:
        for note in (*map(str, loaded.warnings), *self._fleet.notes):
            log.warning("%s", note)
        if waiting := start_only(self._started, loaded.settings):
            log.warning("%s: takes effect at the next start", ", ".join(waiting))
        now = self._runtime.now
        log.info(
            "%s changed and is in force: %d deployments, routes: %d, policy %s",
            config,
            len(now.deployments),
            len(now.settings.routes),
            now.policy.revision,
        )
