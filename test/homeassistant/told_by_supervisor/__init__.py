"""For tests: takes a message of an add-on as if the Supervisor had told it, which Core's `hassio` does only beside a real Supervisor."""

from homeassistant.config_entries import SOURCE_HASSIO
from homeassistant.helpers import discovery_flow
from homeassistant.helpers.service_info.hassio import HassioServiceInfo


async def async_setup(hass, config):
    async def discover(call):
        # As components/hassio/discovery.py, async_process_new.
        uuid, name = call.data["uuid"], call.data["name"]
        discovery_flow.async_create_flow(
            hass,
            call.data["service"],
            context={"source": SOURCE_HASSIO},
            data=HassioServiceInfo(config={**call.data["config"], "addon": name}, name=name, slug=call.data["slug"], uuid=uuid),
            discovery_key=discovery_flow.DiscoveryKey(domain="hassio", key=uuid, version=1),
        )

    hass.services.async_register("told_by_supervisor", "discover", discover)
    return True
