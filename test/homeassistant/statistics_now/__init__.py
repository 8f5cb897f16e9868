"""For tests: compiles the statistics of the running five minutes now, which the recorder otherwise does when they are over."""

from datetime import timedelta

from homeassistant.components.recorder.tasks import StatisticsTask
from homeassistant.helpers.recorder import get_instance
from homeassistant.util import dt as dt_util


async def async_setup(hass, config):
    async def compile_now(call):
        now = dt_util.utcnow()
        running = now.replace(minute=now.minute - now.minute % 5, second=0, microsecond=0)
        recorder = get_instance(hass)
        await recorder.async_block_till_done()
        # The ones before are compiled ten seconds late; where they were already, this does nothing.
        recorder.queue_task(StatisticsTask(running - timedelta(minutes=5), False))
        recorder.queue_task(StatisticsTask(running, False))
        await recorder.async_block_till_done()

    hass.services.async_register("statistics_now", "compile", compile_now)
    return True
