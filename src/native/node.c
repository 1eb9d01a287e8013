/*
 * The kernels as a Node-API addon:
 *
 *   variants(): string[]
 *   createNetwork(program: Uint8Array, tensors: Uint8Array, variant: string): Network
 *   run(network: Network, input: Uint8Array, output: Float32Array): void
 *   runInBackground(network: Network, input: Uint8Array, output: Float32Array, done: () => void): void
 *   runStage(network: Network, stage: number, input: Uint8Array): void
 *   hasThresholds(network: Network, stage: number): boolean
 *   createResampler(x: Int32Array, y: Int32Array): Resampler
 *   resample(resampler: Resampler, source: Uint8Array, from, out: Uint8Array, to, stride): void
 *
 * Whatever it is called with, it answers with a TypeError or RangeError at worst.
 */
#include <node_api.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node_background.h"
#include "resample.h"
#include "xnor.h"

static const napi_type_tag network_tag = {0x584e4f522d4e4554, 0x8f1d3b6a5c2e4790};
static const napi_type_tag resampler_tag = {0x584e4f522d524553, 0x4a7be02fd96c8135};

static napi_value type_error(napi_env env, const char *message) {
  napi_throw_type_error(env, NULL, message);
  return NULL;
}

static napi_value range_error(napi_env env, const char *message) {
  napi_throw_range_error(env, NULL, message);
  return NULL;
}

/* Up to `wanted` arguments; the missing ones are undefined. */
static void arguments(napi_env env, napi_callback_info info, size_t wanted, napi_value *values) {
  size_t count = wanted;
  napi_get_cb_info(env, info, &count, values, NULL, NULL);
}

/* The elements of a typed array of this type; false (and no data) for anything else. */
static bool typed_array(napi_env env, napi_value value, napi_typedarray_type type, void **data, size_t *length) {
  bool is_typed_array = false;
  napi_typedarray_type actual;
  if (napi_is_typedarray(env, value, &is_typed_array) != napi_ok || !is_typed_array) return false;
  if (napi_get_typedarray_info(env, value, &actual, length, data, NULL, NULL) != napi_ok) return false;
  /* A detached buffer leaves no data. */
  return actual == type && (*data != NULL || *length == 0);
}

/* The struct behind an object that one of the create functions made; NULL for any other value. */
static void *unwrap(napi_env env, napi_value value, const napi_type_tag *tag) {
  napi_valuetype type;
  bool tagged = false;
  void *data = NULL;
  if (napi_typeof(env, value, &type) != napi_ok || type != napi_object) return NULL;
  if (napi_check_object_type_tag(env, value, tag, &tagged) != napi_ok || !tagged) return NULL;
  return napi_unwrap(env, value, &data) == napi_ok ? data : NULL;
}

/* `bytes`: memory behind the object, so that the garbage collector knows what it holds; the finalizer's hint. */
static napi_value wrap(napi_env env, void *data, const napi_type_tag *tag, napi_finalize finalize, size_t bytes) {
  napi_value object;
  int64_t all;
  napi_adjust_external_memory(env, (int64_t)bytes, &all);
  if (napi_create_object(env, &object) == napi_ok && napi_type_tag_object(env, object, tag) == napi_ok &&
      napi_wrap(env, object, data, finalize, (void *)bytes, NULL) == napi_ok) {
    return object;
  }
  finalize(env, data, (void *)bytes);
  return type_error(env, "the object could not be made");
}

static void give_back(napi_env env, void *hint) {
  int64_t all;
  napi_adjust_external_memory(env, -(int64_t)(size_t)hint, &all);
}

static napi_value variants(napi_env env, napi_callback_info info) {
  (void)info;
  napi_value list, name;
  napi_create_array(env, &list);
  const char *const *names = xnor_variants();
  for (uint32_t i = 0; names[i] != NULL; i++) {
    napi_create_string_utf8(env, names[i], NAPI_AUTO_LENGTH, &name);
    napi_set_element(env, list, i, name);
  }
  return list;
}

static void free_network(napi_env env, void *data, void *hint) {
  held_network_free(data);
  give_back(env, hint);
}

static napi_value create_network(napi_env env, napi_callback_info info) {
  napi_value values[3];
  arguments(env, info, 3, values);
  void *program, *tensors;
  size_t program_bytes, tensor_bytes, name_bytes;
  char variant[32];
  if (!typed_array(env, values[0], napi_uint8_array, &program, &program_bytes)) {
    return type_error(env, "program is not a Uint8Array");
  }
  if (!typed_array(env, values[1], napi_uint8_array, &tensors, &tensor_bytes)) {
    return type_error(env, "tensors is not a Uint8Array");
  }
  if (napi_get_value_string_utf8(env, values[2], variant, sizeof variant, &name_bytes) != napi_ok) {
    return type_error(env, "variant is not a string");
  }
  const char *problem = NULL;
  struct xnor_network *network =
      xnor_network_create(program, program_bytes, tensors, tensor_bytes, variant, &problem);
  if (network == NULL) return range_error(env, problem);
  struct held_network *held = calloc(1, sizeof *held);
  if (held == NULL) {
    xnor_network_free(network);
    return range_error(env, "there is no memory for another network");
  }
  held->network = network;
  return wrap(env, held, &network_tag, free_network, xnor_network_bytes(network));
}

/* The picture that a network is to run on; NULL when it is none, and then an exception is pending. */
static const uint8_t *input_of(napi_env env, napi_value value, const struct xnor_network *network) {
  void *input;
  size_t bytes;
  if (!typed_array(env, value, napi_uint8_array, &input, &bytes)) {
    type_error(env, "input is not a Uint8Array");
    return NULL;
  }
  if (bytes != xnor_network_input_bytes(network)) {
    char message[96];
    snprintf(message, sizeof message, "input has %zu bytes, the network reads %zu", bytes,
             xnor_network_input_bytes(network));
    range_error(env, message);
    return NULL;
  }
  return input;
}

/* The network behind an object; NULL when there is none that can run now, and then an exception is pending. */
static struct held_network *idle_network(napi_env env, napi_value value) {
  struct held_network *held = unwrap(env, value, &network_tag);
  if (held == NULL) {
    type_error(env, "network is not one that createNetwork made");
  } else if (held->busy) {
    range_error(env, "network is running in the background");
    return NULL;
  }
  return held;
}

/* Where a network's outputs go, nowhere if it has none; false when it is no place for them: an exception is pending. */
static bool output_of(napi_env env, napi_value value, const struct xnor_network *network, float **output) {
  void *data;
  size_t elements;
  if (!typed_array(env, value, napi_float32_array, &data, &elements)) {
    type_error(env, "output is not a Float32Array");
    return false;
  }
  if (elements != xnor_network_output_elements(network)) {
    char message[96];
    snprintf(message, sizeof message, "output has %zu elements, the network gives %zu", elements,
             xnor_network_output_elements(network));
    range_error(env, message);
    return false;
  }
  *output = data;
  return true;
}

static napi_value run(napi_env env, napi_callback_info info) {
  napi_value values[3];
  arguments(env, info, 3, values);
  const struct held_network *held = idle_network(env, values[0]);
  if (held == NULL) return NULL;
  const uint8_t *input = input_of(env, values[1], held->network);
  if (input == NULL) return NULL;
  float *output;
  if (output_of(env, values[2], held->network, &output)) xnor_network_run(held->network, input, output);
  return NULL;
}

static napi_value start_run(napi_env env, napi_callback_info info) {
  napi_value values[4];
  arguments(env, info, 4, values);
  struct held_network *held = idle_network(env, values[0]);
  if (held == NULL) return NULL;
  const uint8_t *input = input_of(env, values[1], held->network);
  float *output;
  if (input == NULL || !output_of(env, values[2], held->network, &output)) return NULL;
  napi_valuetype type;
  if (napi_typeof(env, values[3], &type) != napi_ok || type != napi_function) {
    return type_error(env, "done is not a function");
  }
  const char *problem = run_in_background(env, held, values[0], input, values[2], values[3]);
  return problem == NULL ? NULL : range_error(env, problem);
}

/* The index of a stage; -1 when there is none of that index, and then an exception is pending. */
static int stage_of(napi_env env, napi_value value, const struct xnor_network *network) {
  double stage;
  if (napi_get_value_double(env, value, &stage) != napi_ok) {
    type_error(env, "stage is not a number");
  } else if (!(stage >= 0 && stage < xnor_network_stages(network))) {
    range_error(env, "there is no such stage");
  } else {
    return (int)stage;
  }
  return -1;
}

static napi_value run_stage(napi_env env, napi_callback_info info) {
  napi_value values[3];
  arguments(env, info, 3, values);
  const struct held_network *held = idle_network(env, values[0]);
  if (held == NULL) return NULL;
  const int stage = stage_of(env, values[1], held->network);
  const uint8_t *input = stage < 0 ? NULL : input_of(env, values[2], held->network);
  if (input != NULL) xnor_network_run_stage(held->network, stage, input);
  return NULL;
}

static napi_value has_thresholds(napi_env env, napi_callback_info info) {
  napi_value values[2], result = NULL;
  arguments(env, info, 2, values);
  const struct held_network *held = idle_network(env, values[0]);
  if (held == NULL) return NULL;
  const int stage = stage_of(env, values[1], held->network);
  if (stage >= 0) napi_get_boolean(env, xnor_network_stage_has_thresholds(held->network, stage), &result);
  return result;
}

static void free_resampler(napi_env env, void *data, void *hint) {
  xnor_resampler_free(data);
  give_back(env, hint);
}

/* createResampler(x: Int32Array, y: Int32Array): tables as src/image/resample.ts makes them. */
static napi_value create_resampler(napi_env env, napi_callback_info info) {
  napi_value values[2];
  arguments(env, info, 2, values);
  struct {
    void *data;
    size_t length;
  } table[2];
  for (int i = 0; i < 2; i++) {
    if (!typed_array(env, values[i], napi_int32_array, &table[i].data, &table[i].length)) {
      return type_error(env, i == 0 ? "x is not an Int32Array" : "y is not an Int32Array");
    }
  }
  const char *problem = NULL;
  struct xnor_resampler *resampler =
      xnor_resampler_create(table[0].data, table[0].length, table[1].data, table[1].length, &problem);
  if (resampler == NULL) return range_error(env, problem);
  const size_t bytes = sizeof(int32_t) * (table[0].length + table[1].length);
  return wrap(env, resampler, &resampler_tag, free_resampler, bytes);
}

/* resample(resampler, source: Uint8Array, from, out: Uint8Array, to, stride): a plane into a part of a larger one. */
static napi_value resample(napi_env env, napi_callback_info info) {
  napi_value values[6];
  arguments(env, info, 6, values);
  struct xnor_resampler *resampler = unwrap(env, values[0], &resampler_tag);
  if (resampler == NULL) return type_error(env, "resampler is not one that createResampler made");
  void *source, *out;
  size_t source_bytes, out_bytes;
  int64_t from, to, stride;
  if (!typed_array(env, values[1], napi_uint8_array, &source, &source_bytes)) {
    return type_error(env, "source is not a Uint8Array");
  }
  if (!typed_array(env, values[3], napi_uint8_array, &out, &out_bytes)) return type_error(env, "out is not a Uint8Array");
  if (napi_get_value_int64(env, values[2], &from) != napi_ok || napi_get_value_int64(env, values[4], &to) != napi_ok ||
      napi_get_value_int64(env, values[5], &stride) != napi_ok) {
    return type_error(env, "from, to and stride are not numbers");
  }
  if (!xnor_resample(resampler, source, source_bytes, from, out, out_bytes, to, stride)) {
    return range_error(env, "the planes reach beyond source or out");
  }
  return NULL;
}

NAPI_MODULE_INIT() {
  const struct {
    const char *name;
    napi_callback call;
  } functions[] = {
      {"variants", variants},
      {"createNetwork", create_network},
      {"run", run},
      {"runInBackground", start_run},
      {"runStage", run_stage},
      {"hasThresholds", has_thresholds},
      {"createResampler", create_resampler},
      {"resample", resample},
  };
  for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
    napi_value function;
    if (napi_create_function(env, functions[i].name, NAPI_AUTO_LENGTH, functions[i].call, NULL, &function) != napi_ok ||
        napi_set_named_property(env, exports, functions[i].name, function) != napi_ok) {
      return NULL;
    }
  }
  return exports;
}
