/* Runs of a network in a thread of its own, for JavaScript that has other things to do meanwhile. */
#ifndef XNOR_NODE_BACKGROUND_H
#define XNOR_NODE_BACKGROUND_H

#include <node_api.h>

#include "xnor.h"

/* What an object that createNetwork made holds. */
struct held_network {
  struct xnor_network *network;
  bool busy; /* in the background, until JavaScript was told the end */
  /* Of the run in the background: whatever happens to JavaScript's arrays meanwhile, these stay. */
  uint8_t *input;
  float *output;
};

void held_network_free(struct held_network *held);

/*
 * Starts a run on a copy of `input`. `object` holds the network; `output`, a Float32Array, gets the result right before
 * `done` is called without arguments, in a later turn of the event loop.
 * NULL when it has started, else why not.
 */
const char *run_in_background(napi_env env, struct held_network *held, napi_value object, const uint8_t *input,
                              napi_value output, napi_value done);

#endif
