/*
 * A float network by plain loops, as one writes them down: no blocking, no library. Two orders of the loops of a
 * convolution: "dot" sums up a window for an output channel, as in the formula; "spread" adds a value of the input to
 * all output channels, so that the compiler can vectorize. Maps are NHWC.
 *
 * usage: naive dot|spread NETWORK OUTPUTS
 *
 * Runs once and writes the outputs; then, for each line on stdin, runs once and answers with the milliseconds.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum op { CONV, NORMALIZE, CLIP, LEAKY, ADD, AVERAGE_POOL, CONCAT, UPSAMPLE };

/* As it stands in the file. Map 0 is the input, map i + 1 what layer i gives; tensors are offsets, in floats. */
struct layer {
  int32_t op, height, width, channels;
  int32_t inputs, input[4];
  int32_t kernel, stride, padding;
  int32_t weight, bias, scale;
  float slope;
};

struct map {
  int height, width, channels;
  float *data;
};

static void conv_dot(const struct layer *layer, const struct map *in, const float *weight, const float *bias, float *out) {
  for (int y = 0; y < layer->height; y++) {
    for (int x = 0; x < layer->width; x++) {
      for (int o = 0; o < layer->channels; o++) {
        float sum = bias[o];
        for (int row = 0; row < layer->kernel; row++) {
          const int from_y = y * layer->stride - layer->padding + row;
          if (from_y < 0 || from_y >= in->height) continue;
          for (int column = 0; column < layer->kernel; column++) {
            const int from_x = x * layer->stride - layer->padding + column;
            if (from_x < 0 || from_x >= in->width) continue;
            const float *from = in->data + (from_y * in->width + from_x) * in->channels;
            const float *w = weight + ((o * layer->kernel + row) * layer->kernel + column) * in->channels;
            for (int i = 0; i < in->channels; i++) sum += from[i] * w[i];
          }
        }
        *out++ = sum;
      }
    }
  }
}

static void conv_spread(const struct layer *layer, const struct map *in, const float *weight, const float *bias,
                        float *out) {
  const int channels = layer->channels;
  for (int y = 0; y < layer->height; y++) {
    for (int x = 0; x < layer->width; x++, out += channels) {
      float *restrict sums = out;
      for (int o = 0; o < channels; o++) sums[o] = bias[o];
      for (int row = 0; row < layer->kernel; row++) {
        const int from_y = y * layer->stride - layer->padding + row;
        if (from_y < 0 || from_y >= in->height) continue;
        for (int column = 0; column < layer->kernel; column++) {
          const int from_x = x * layer->stride - layer->padding + column;
          if (from_x < 0 || from_x >= in->width) continue;
          const float *from = in->data + (from_y * in->width + from_x) * in->channels;
          const float *restrict w = weight + (row * layer->kernel + column) * in->channels * channels;
          for (int i = 0; i < in->channels; i++, w += channels) {
            for (int o = 0; o < channels; o++) sums[o] += from[i] * w[o];
          }
        }
      }
    }
  }
}

static void average_pool(const struct layer *layer, const struct map *in, float *out) {
  const int channels = layer->channels, below = in->width * channels;
  for (int y = 0; y < layer->height; y++) {
    for (int x = 0; x < layer->width; x++, out += channels) {
      const float *from = in->data + 2 * y * below + 2 * x * channels;
      for (int c = 0; c < channels; c++) {
        out[c] = (from[c] + from[c + channels] + from[c + below] + from[c + below + channels]) / 4;
      }
    }
  }
}

static void upsample(const struct layer *layer, const struct map *in, float *out) {
  for (int y = 0; y < layer->height; y++) {
    for (int x = 0; x < layer->width; x++, out += layer->channels) {
      memcpy(out, in->data + ((y / 2) * in->width + x / 2) * layer->channels, layer->channels * sizeof *out);
    }
  }
}

static void run_layer(const struct layer *layer, const struct map *maps, const float *tensors, int spread, float *out) {
  const struct map *in = &maps[layer->input[0]];
  const int channels = layer->channels, pixels = layer->height * layer->width;
  const float *weight = tensors + layer->weight, *bias = tensors + layer->bias, *scale = tensors + layer->scale;
  switch ((enum op)layer->op) {
    case CONV:
      if (spread) {
        conv_spread(layer, in, weight, bias, out);
      } else {
        conv_dot(layer, in, weight, bias, out);
      }
      break;
    case NORMALIZE:
      for (int p = 0; p < pixels; p++) {
        for (int c = 0; c < channels; c++) out[p * channels + c] = in->data[p * channels + c] * scale[c] + bias[c];
      }
      break;
    case CLIP:
      for (int i = 0; i < pixels * channels; i++) {
        const float value = in->data[i];
        out[i] = value < -1 ? -1 : value > 1 ? 1 : value;
      }
      break;
    case LEAKY:
      for (int i = 0; i < pixels * channels; i++) {
        const float value = in->data[i], small = value * layer->slope;
        out[i] = value > 0 ? value : small;
      }
      break;
    case ADD: {
      const float *other = maps[layer->input[1]].data;
      for (int i = 0; i < pixels * channels; i++) out[i] = in->data[i] + other[i];
      break;
    }
    case AVERAGE_POOL:
      average_pool(layer, in, out);
      break;
    case CONCAT:
      for (int p = 0; p < pixels; p++) {
        for (int k = 0; k < layer->inputs; k++) {
          const struct map *part = &maps[layer->input[k]];
          memcpy(out, part->data + p * part->channels, part->channels * sizeof *out);
          out += part->channels;
        }
      }
      break;
    case UPSAMPLE:
      upsample(layer, in, out);
      break;
  }
}

/* (outputs, kernel, kernel, inputs) -> (kernel, kernel, inputs, outputs). */
static void turn_weights(float *weight, int outputs, int values) {
  float *turned = malloc((size_t)outputs * values * sizeof *turned);
  for (int o = 0; o < outputs; o++) {
    for (int v = 0; v < values; v++) turned[v * outputs + o] = weight[o * values + v];
  }
  memcpy(weight, turned, (size_t)outputs * values * sizeof *turned);
  free(turned);
}

static void *read_file(const char *path) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) return NULL;
  fseek(file, 0, SEEK_END);
  const long bytes = ftell(file);
  rewind(file);
  void *data = malloc((size_t)bytes);
  if (data != NULL && fread(data, 1, (size_t)bytes, file) != (size_t)bytes) data = NULL;
  fclose(file);
  return data;
}

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  const int spread = strcmp(argv[1], "spread") == 0;
  /* The file: counts of layers, outputs and tensor floats; shape of the input; layers, outputs, tensors, the input. */
  const int32_t *head = read_file(argv[2]);
  if (head == NULL) return 1;
  const int layers = head[0], outputs = head[1];
  const struct layer *layer = (const struct layer *)(head + 6);
  const int32_t *output = (const int32_t *)(layer + layers);
  float *tensors = (float *)(output + outputs);
  struct map *maps = calloc((size_t)layers + 1, sizeof *maps);
  maps[0] = (struct map){head[3], head[4], head[5], tensors + head[2]};
  for (int i = 0; i < layers; i++) {
    const size_t elements = (size_t)layer[i].height * layer[i].width * layer[i].channels;
    maps[i + 1] = (struct map){layer[i].height, layer[i].width, layer[i].channels, malloc(elements * sizeof(float))};
    if (spread && layer[i].op == CONV) {
      const int values = layer[i].kernel * layer[i].kernel * maps[layer[i].input[0]].channels;
      turn_weights(tensors + layer[i].weight, layer[i].channels, values);
    }
  }
  char line[16];
  for (int runs = 0; runs == 0 || fgets(line, sizeof line, stdin) != NULL; runs++) {
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (int i = 0; i < layers; i++) run_layer(&layer[i], maps, tensors, spread, maps[i + 1].data);
    clock_gettime(CLOCK_MONOTONIC, &end);
    if (runs == 0) {
      FILE *file = fopen(argv[3], "wb");
      for (int i = 0; file != NULL && i < outputs; i++) {
        const struct map *map = &maps[output[i]];
        fwrite(map->data, sizeof(float), (size_t)map->height * map->width * map->channels, file);
      }
      if (file == NULL || fclose(file) != 0) return 1;
    }
    printf("%.6f\n", (double)(end.tv_sec - start.tv_sec) * 1e3 + (double)(end.tv_nsec - start.tv_nsec) / 1e6);
    fflush(stdout);
  }
  return 0;
}
