/**
 * What Home Assistant documents of discovery by MQTT (2026.7), as far as a camera could use it:
 * https://www.home-assistant.io/integrations/mqtt/#device-discovery-payload and, for each platform,
 * https://www.home-assistant.io/integrations/alarm_control_panel.mqtt/ and the like. Unknown options are ignored by
 * Home Assistant without a word, so that one with a typing mistake would never be noticed.
 */

type Kind = "text" | "number" | "boolean" | "list" | "template" | "subscribe" | "publish" | "qos" | "map";
type Options = Readonly<Record<string, Kind>>;

interface Platform {
  options: Options;
  required: readonly string[];
  deviceClasses?: readonly string[];
}

const availability: Options = {
  availability: "list",
  availability_mode: "text",
  availability_template: "template",
  availability_topic: "subscribe",
  payload_available: "text",
  payload_not_available: "text",
};

/** Of every entity. */
const common: Options = {
  ...availability,
  default_entity_id: "text",
  enabled_by_default: "boolean",
  encoding: "text",
  entity_category: "text",
  entity_picture: "text",
  icon: "text",
  json_attributes_template: "template",
  json_attributes_topic: "subscribe",
  name: "text",
  platform: "text",
  unique_id: "text",
};

const platforms: Readonly<Record<string, Platform>> = {
  alarm_control_panel: {
    required: ["command_topic", "state_topic"],
    options: {
      code: "text",
      code_arm_required: "boolean",
      code_disarm_required: "boolean",
      code_trigger_required: "boolean",
      command_template: "template",
      command_topic: "publish",
      payload_arm_away: "text",
      payload_arm_custom_bypass: "text",
      payload_arm_home: "text",
      payload_arm_night: "text",
      payload_arm_vacation: "text",
      payload_disarm: "text",
      payload_trigger: "text",
      qos: "qos",
      retain: "boolean",
      state_topic: "subscribe",
      supported_features: "list",
      value_template: "template",
    },
  },
  binary_sensor: {
    required: ["state_topic"],
    deviceClasses: ["motion", "occupancy", "presence", "problem", "running", "safety", "tamper"],
    options: {
      device_class: "text",
      expire_after: "number",
      force_update: "boolean",
      off_delay: "number",
      payload_off: "text",
      payload_on: "text",
      qos: "qos",
      state_topic: "subscribe",
      value_template: "template",
    },
  },
  button: {
    required: ["command_topic"],
    deviceClasses: ["identify", "restart", "update"],
    options: {
      command_template: "template",
      command_topic: "publish",
      device_class: "text",
      payload_press: "text",
      qos: "qos",
      retain: "boolean",
    },
  },
  camera: { required: ["topic"], options: { image_encoding: "text", topic: "subscribe" } },
  event: {
    required: ["event_types", "state_topic"],
    deviceClasses: ["button", "doorbell", "motion"],
    options: {
      device_class: "text",
      event_types: "list",
      qos: "qos",
      state_topic: "subscribe",
      value_template: "template",
    },
  },
  image: {
    required: ["image_topic"],
    options: { content_type: "text", image_encoding: "text", image_topic: "subscribe" },
  },
  sensor: {
    required: ["state_topic"],
    deviceClasses: ["duration", "temperature"],
    options: {
      device_class: "text",
      expire_after: "number",
      force_update: "boolean",
      last_reset_value_template: "template",
      options: "list",
      qos: "qos",
      state_class: "text",
      state_topic: "subscribe",
      suggested_display_precision: "number",
      unit_of_measurement: "text",
      value_template: "template",
    },
  },
  switch: {
    required: ["command_topic"],
    deviceClasses: ["outlet", "switch"],
    options: {
      command_template: "template",
      command_topic: "publish",
      device_class: "text",
      optimistic: "boolean",
      payload_off: "text",
      payload_on: "text",
      qos: "qos",
      retain: "boolean",
      state_off: "text",
      state_on: "text",
      state_topic: "subscribe",
      value_template: "template",
    },
  },
};

const device: Options = {
  configuration_url: "text",
  connections: "list",
  hw_version: "text",
  identifiers: "list",
  manufacturer: "text",
  model: "text",
  model_id: "text",
  name: "text",
  serial_number: "text",
  suggested_area: "text",
  sw_version: "text",
  via_device: "text",
};

const origin: Options = { name: "text", support_url: "text", sw_version: "text" };

const root: Options = {
  ...availability,
  command_topic: "publish",
  components: "map",
  device: "map",
  encoding: "text",
  origin: "map",
  qos: "qos",
  state_topic: "subscribe",
};

/** Words that an option may have. */
const words: Readonly<Record<string, readonly string[]>> = {
  entity_category: ["config", "diagnostic"],
  state_class: ["measurement", "measurement_angle", "total", "total_increasing"],
  supported_features: [
    ...["arm_home", "arm_away", "arm_night", "arm_vacation", "arm_custom_bypass", "trigger"],
  ],
};

/** Units that the device classes of sensors may have. */
const units: Readonly<Record<string, readonly string[]>> = {
  duration: ["d", "h", "min", "s", "ms", "μs"],
  temperature: ["°C", "°F", "K"],
};

type Json = Record<string, unknown>;

/** What Home Assistant would refuse or ignore of a discovery message, one line each. */
export function problemsWithDiscovery(payload: Json): string[] {
  const problems = problemsWith("", payload, root);
  for (const key of ["device", "origin", "components"]) {
    if (payload[key] === undefined) problems.push(`${key} is missing`);
  }
  const described = (payload.device ?? {}) as Json;
  problems.push(...problemsWith("device.", described, device));
  if (described.identifiers === undefined && described.connections === undefined) {
    problems.push("device has neither identifiers nor connections");
  }
  problems.push(...problemsWith("origin.", (payload.origin ?? { name: "" }) as Json, origin));
  const ids = new Set<unknown>();
  for (const [key, component] of Object.entries((payload.components ?? {}) as Record<string, Json>)) {
    problems.push(...problemsWithEntity(key, component));
    if (component.unique_id !== undefined && ids.has(component.unique_id)) {
      problems.push(`${key}.unique_id is another entity's, too`);
    }
    ids.add(component.unique_id);
  }
  return problems;
}

function problemsWithEntity(key: string, component: Json): string[] {
  const name = String(component.platform);
  const platform = platforms[name];
  if (platform === undefined) return [`${key}.platform is no platform: ${name}`];
  const problems: string[] = [];
  const options = { ...common, ...platform.options };
  for (const option of Object.keys(component)) {
    if (!Object.hasOwn(options, option)) problems.push(`${key}.${option} is no option of ${name}`);
  }
  problems.push(...problemsWith(`${key}.`, pick(component, options), options));
  for (const option of [...platform.required, "unique_id"]) {
    if (component[option] === undefined) problems.push(`${key}.${option} is missing`);
  }
  problems.push(...problemsWithWords(key, component, platform));
  return problems;
}

function problemsWithWords(key: string, component: Json, platform: Platform): string[] {
  const problems: string[] = [];
  const { device_class, unit_of_measurement } = component as Record<string, string | undefined>;
  if (device_class !== undefined && !platform.deviceClasses?.includes(device_class)) {
    problems.push(`${key}.device_class is none that Home Assistant knows: ${device_class}`);
  }
  const allowed = units[device_class ?? ""];
  if (allowed !== undefined && component.platform === "sensor" && !allowed.includes(unit_of_measurement!)) {
    problems.push(`${key}.unit_of_measurement does not go with ${device_class}`);
  }
  for (const [option, known] of Object.entries(words)) {
    for (const word of [component[option] ?? []].flat()) {
      if (!known.includes(String(word))) problems.push(`${key}.${option} has ${word}`);
    }
  }
  return problems;
}

function pick(component: Json, options: Options): Json {
  return Object.fromEntries(Object.entries(component).filter(([option]) => Object.hasOwn(options, option)));
}

function problemsWith(prefix: string, values: Json, options: Options): string[] {
  return Object.entries(values).flatMap(([key, value]) => {
    const kind = options[key];
    if (kind === undefined) return [`${prefix}${key} is no option`];
    const problem = problemOf(value, kind);
    return problem === null ? [] : [`${prefix}${key} is ${problem}`];
  });
}

function problemOf(value: unknown, kind: Kind): string | null {
  switch (kind) {
    case "text":
      return typeof value === "string" ? null : "no text";
    case "number":
      return typeof value === "number" ? null : "no number";
    case "boolean":
      return typeof value === "boolean" ? null : "neither true nor false";
    case "list":
      return Array.isArray(value) && value.length > 0 ? null : "no list";
    case "map":
      return typeof value === "object" && value !== null ? null : "no section";
    case "qos":
      return value === 0 || value === 1 || value === 2 ? null : "not 0, 1 or 2";
    case "template":
      return typeof value === "string" && /^\{\{ .* \}\}$/.test(value) ? null : "no template";
    case "publish":
    case "subscribe":
      if (typeof value !== "string") return "no text";
      if (/^[^#+\0]+$/.test(value)) return null;
      return kind === "publish"
        ? "no topic to publish to"
        : "no topic to subscribe to that one entity has alone";
  }
}
