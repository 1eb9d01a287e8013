import { slugsOf, type Topics } from "./topics.ts";

/** What Home Assistant is told of the camera. */
export interface DiscoveredCamera {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  /** Of the model. */
  readonly classes: readonly string[];
  /** Whether stills of events are sent. */
  readonly stills: boolean;
  /** Whether pictures are sent while nothing happens. */
  readonly pictures: boolean;
}

interface Entity {
  readonly platform: string;
  /** Of the platform. */
  readonly [option: string]: unknown;
}

export interface Component extends Entity {
  readonly unique_id: string;
}

/** A device with its entities, by a name that is theirs within the device. */
export interface DiscoveryPayload {
  readonly device: Readonly<Record<string, unknown>>;
  readonly origin: Readonly<Record<string, string>>;
  readonly availability_topic: string;
  readonly components: Readonly<Record<string, Component>>;
}

/** `<prefix>/device/xnorcam_<id>/config` */
export function discoveryTopic(prefix: string, id: string): string {
  return `${prefix}/device/xnorcam_${id}/config`;
}

/**
 * The message of Home Assistant's discovery of whole devices.
 * https://www.home-assistant.io/integrations/mqtt/#device-discovery-payload; each entity's options are on the page of
 * its platform, such as https://www.home-assistant.io/integrations/alarm_control_panel.mqtt/.
 */
export function discoveryPayload(camera: DiscoveredCamera, topics: Topics): DiscoveryPayload {
  const { id, name, version } = camera;
  const entities = { ...alarmEntities(topics), ...pictures(camera, topics), ...health(topics) };
  const components = Object.entries({ ...entities, ...sightings(camera.classes, topics) });
  return {
    device: {
      identifiers: [`xnorcam_${id}`],
      name,
      manufacturer: "Xnorcam",
      model: "Xnorcam",
      sw_version: version,
    },
    origin: { name: "Xnorcam", sw_version: version },
    availability_topic: topics.availability,
    components: Object.fromEntries(
      components.map(([key, entity]) => [key, { ...entity, unique_id: `xnorcam_${id}_${key}` }]),
    ),
  };
}

type Entities = Record<string, Entity>;

function alarmEntities(topics: Topics): Entities {
  const state = { state_topic: topics.alarm, qos: 1 };
  const command = { command_topic: topics.command, qos: 1 };
  return {
    alarm_panel: {
      platform: "alarm_control_panel",
      name: "Alarm",
      ...state,
      ...command,
      value_template: "{{ value_json.state }}",
      supported_features: ["arm_home", "arm_away"],
      payload_arm_away: "ARM_AWAY",
      payload_arm_home: "ARM_HOME",
      payload_disarm: "DISARM",
      // Home Assistant's users may arm and disarm; a code would be known to all of them.
      code_arm_required: false,
      code_disarm_required: false,
    },
    armed: {
      platform: "switch",
      name: "Armed",
      ...state,
      ...command,
      value_template: "{{ 'OFF' if value_json.mode == 'off' else 'ON' }}",
      state_on: "ON",
      state_off: "OFF",
      payload_on: "ARM",
      payload_off: "DISARM",
    },
    alarm_on: {
      platform: "binary_sensor",
      name: "Alarm on",
      device_class: "safety",
      ...state,
      value_template: "{{ 'ON' if value_json.on else 'OFF' }}",
      json_attributes_topic: topics.alarm,
    },
    event: {
      platform: "event",
      name: "Event",
      state_topic: topics.event,
      qos: 1,
      event_types: ["began", "raised", "ended"],
      value_template:
        "{{ dict(value_json.event, notice=value_json.id, event_type=value_json.moment) | tojson }}",
    },
    acknowledge: { platform: "button", name: "Acknowledge", ...command, payload_press: "ACKNOWLEDGE" },
    test: {
      platform: "button",
      name: "Test alarm",
      ...command,
      payload_press: "TEST",
      entity_category: "diagnostic",
    },
  };
}

function sightings(classes: readonly string[], { seen }: Topics): Entities {
  const entities = [...slugsOf(classes)].map(([label, slug]): [string, Entity] => [
    `seen_${slug}`,
    {
      platform: "binary_sensor",
      name: label,
      device_class: "occupancy",
      state_topic: seen.get(label),
      qos: 1,
    },
  ]);
  return Object.fromEntries(entities);
}

function pictures({ stills, pictures }: DiscoveredCamera, topics: Topics): Entities {
  return {
    ...(stills && {
      still: {
        platform: "image",
        name: "Last event",
        image_topic: topics.still,
        content_type: "image/jpeg",
      },
    }),
    // Without pictures between the events, it shows those of the events.
    ...((pictures || stills) && {
      camera: { platform: "camera", name: "Camera", topic: pictures ? topics.picture : topics.still },
    }),
  };
}

function health({ diagnostics }: Topics): Entities {
  const diagnostic = { state_topic: diagnostics, qos: 1, entity_category: "diagnostic" };
  const measured = { platform: "sensor", state_class: "measurement", ...diagnostic };
  return {
    problem: {
      platform: "binary_sensor",
      name: "Problem",
      device_class: "problem",
      ...diagnostic,
      value_template: "{{ 'OFF' if value_json.problem is none else 'ON' }}",
      json_attributes_topic: diagnostics,
      json_attributes_template: "{{ {'problem': value_json.problem} | tojson }}",
    },
    fps: {
      ...measured,
      name: "Frames per second",
      unit_of_measurement: "fps",
      value_template: "{{ value_json.fps }}",
    },
    latency: {
      ...measured,
      name: "Latency",
      device_class: "duration",
      unit_of_measurement: "ms",
      value_template: "{{ value_json.latencyMs }}",
    },
    temperature: {
      ...measured,
      name: "Temperature",
      device_class: "temperature",
      unit_of_measurement: "°C",
      value_template: "{{ value_json.temperature }}",
    },
  };
}
