#include "node_background.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct job {
  struct held_network *held;
  napi_ref object, output; /* not to be collected meanwhile */
  napi_threadsafe_function done;
  pthread_t thread;
};

void held_network_free(struct held_network *held) {
  xnor_network_free(held->network);
  free(held->input);
  free(held->output);
  free(held);
}

static void *compute(void *data) {
  struct job *job = data;
  xnor_network_run(job->held->network, job->held->input, job->held->output);
  napi_call_threadsafe_function(job->done, job, napi_tsfn_nonblocking);
  return NULL;
}

/* Node is going down, and will free the network: not while it runs. */
static void wait_for(void *data) {
  struct job *job = data;
  pthread_join(job->thread, NULL);
}

/* The array may have been detached since the start. */
static void copy_output(napi_env env, const struct job *job) {
  napi_value output;
  size_t length;
  void *elements;
  if (napi_get_reference_value(env, job->output, &output) != napi_ok) return;
  if (napi_get_typedarray_info(env, output, NULL, &length, &elements, NULL, NULL) != napi_ok) return;
  if (elements == NULL || length != xnor_network_output_elements(job->held->network)) return;
  memcpy(elements, job->held->output, length * sizeof(float));
}

/* In JavaScript's thread. Without `env` Node is going down, and wait_for has been there. */
static void finish(napi_env env, napi_value done, void *context, void *data) {
  (void)context;
  struct job *job = data;
  if (env != NULL) {
    napi_value undefined;
    pthread_join(job->thread, NULL);
    napi_remove_env_cleanup_hook(env, wait_for, job);
    copy_output(env, job);
    job->held->busy = false;
    napi_delete_reference(env, job->object);
    napi_delete_reference(env, job->output);
    napi_release_threadsafe_function(job->done, napi_tsfn_release);
    napi_get_undefined(env, &undefined);
    /* What it throws is pending then, and Node's to report. */
    napi_call_function(env, undefined, done, 0, NULL, NULL);
  }
  free(job);
}

static bool allocate(struct held_network *held) {
  /* One element more, since malloc(0) may give none. */
  if (held->input == NULL) held->input = malloc(xnor_network_input_bytes(held->network) + 1);
  if (held->output == NULL) held->output = malloc((xnor_network_output_elements(held->network) + 1) * sizeof(float));
  return held->input != NULL && held->output != NULL;
}

const char *run_in_background(napi_env env, struct held_network *held, napi_value object, const uint8_t *input,
                              napi_value output, napi_value done) {
  struct job *job = calloc(1, sizeof *job);
  if (job == NULL || !allocate(held)) {
    free(job);
    return "there is no memory for a run in the background";
  }
  napi_value name;
  napi_create_string_utf8(env, "xnorcam", NAPI_AUTO_LENGTH, &name);
  if (napi_create_threadsafe_function(env, done, NULL, name, 0, 1, NULL, NULL, NULL, finish, &job->done) != napi_ok) {
    free(job);
    return "the function done cannot be called from a thread";
  }
  memcpy(held->input, input, xnor_network_input_bytes(held->network));
  job->held = held;
  napi_create_reference(env, object, 1, &job->object);
  napi_create_reference(env, output, 1, &job->output);
  if (pthread_create(&job->thread, NULL, compute, job) != 0) {
    napi_delete_reference(env, job->object);
    napi_delete_reference(env, job->output);
    napi_release_threadsafe_function(job->done, napi_tsfn_abort);
    free(job);
    return "no thread can be started";
  }
  held->busy = true;
  /* After the hook of the function itself: they are called in reverse order. */
  napi_add_env_cleanup_hook(env, wait_for, job);
  return NULL;
}
