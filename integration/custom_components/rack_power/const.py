"""What several modules of the integration agree on."""

import logging
from typing import Final

DOMAIN: Final = "rack_power"
LOGGER: Final = logging.getLogger(__package__)

CONF_INSTANCE: Final = "instance"
CONF_ADDON: Final = "addon"

EVENT_OUTCOME: Final = "rack_power_outcome"

# The first program that tells its `instance` and its repairs.
MIN_VERSION: Final = "0.1.0"

# Identifiers of our devices at Core's MQTT integration, and the beginning of all
# unique ids there: src/publish/mqtt/topic.ts.
MQTT_DOMAIN: Final = "mqtt"
MQTT_IDENTIFIER: Final = "rack-power"

DOCUMENTATION: Final = "https://github.com/rack-power/rack-power/blob/main/DOCS.md"
