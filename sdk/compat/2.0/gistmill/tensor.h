/* Tensors that cross between host and plugin: the layout of DLPack 1.x's `DLManagedTensorVersioned`
 * under names of our own, so that this header never collides with another copy of dlpack.h.
 * The host asserts size and every offset against LibTorch's copy. C99, nothing else included. */
#ifndef GISTMILL_TENSOR_H
#define GISTMILL_TENSOR_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define GM_DLPACK_MAJOR 1u
#define GM_DLPACK_MINOR 0u

/* DLPack's DLDeviceType, the part that Gistmill knows. */
#define GM_DEVICE_CPU 1
#define GM_DEVICE_CUDA 2

/* DLPack's DLDataTypeCode, the part that Gistmill knows. */
#define GM_INT 0u
#define GM_UINT 1u
#define GM_FLOAT 2u
#define GM_BFLOAT 4u
#define GM_BOOL 6u

/* The receiver must not write through `data`. */
#define GM_TENSOR_READ_ONLY ((uint64_t)1)

typedef struct gm_dtype {
  uint8_t code;   /* GM_INT ... */
  uint8_t bits;   /* 8, 16, 32, 64 */
  uint16_t lanes; /* always 1 */
} gm_dtype;

/* One n-dimensional array in memory that somebody owns.
 *
 * Ownership: exactly one owner. Passing a gm_tensor passes ownership; the receiver calls `deleter`
 * exactly once, on any thread, or hands the tensor on. `deleter` may be null (nothing to free).
 * The memory lives until the deleter is called, which may be after the instance that made the tensor was
 * destroyed. Only aliases of parameters end with their instance (gm_params_extension.tensor).
 * What is said by the values is all there is: DLPack has no sign or conjugate bit, so a view that LibTorch
 * negates or conjugates lazily is resolved before it crosses.
 * On another `major` than GM_DLPACK_MAJOR: call the deleter and touch nothing else. */
typedef struct gm_tensor {
  uint32_t major;
  uint32_t minor;
  void* manager_ctx; /* the producer's own */
  void (*deleter)(struct gm_tensor* self);
  uint64_t flags; /* GM_TENSOR_READ_ONLY */
  void* data;
  int32_t device_type; /* GM_DEVICE_CPU ... */
  int32_t device_id;
  int32_t ndim;
  gm_dtype dtype;
  int64_t* shape;   /* [ndim], elements; may be null where ndim is 0 */
  int64_t* strides; /* [ndim], elements, never bytes; may be null where ndim is 0 */
  uint64_t byte_offset;
} gm_tensor;

#ifdef __cplusplus
}
#endif
#endif
