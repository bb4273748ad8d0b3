/*===- qimeng-c/Runtime.h - Running compiled programs ------------*- C -*-===*\
|*                                                                            *|
|* Part of the QiMeng project, under the Apache License v2.0 with LLVM        *|
|* Exceptions.                                                                *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception                    *|
|*                                                                            *|
|*===----------------------------------------------------------------------===*|
|*                                                                            *|
|* Loads a program folder that the compiler wrote, and runs it on memory and  *|
|* on a stream of the caller. The CUDA context is the one that is current in  *|
|* the calling thread (PyTorch's, for example); where there is none, GPU 0's  *|
|* primary context.                                                           *|
|*                                                                            *|
|* A program may be used from several threads, one at a time.                 *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/

#ifndef QIMENG_C_RUNTIME_H
#define QIMENG_C_RUNTIME_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define QIMENG_EXPORT __attribute__((visibility("default")))

typedef struct QiMengProgram QiMengProgram;

/* The error of the last call in this thread that failed; never NULL. */
QIMENG_EXPORT const char *qimengLastError(void);

/* Loads `folder` onto the GPU of the current context. NULL on failure. */
QIMENG_EXPORT QiMengProgram *qimengProgramLoad(const char *folder);

/* Frees the program and its temporaries, after waiting for the last run.
   NULL is fine. */
QIMENG_EXPORT void qimengProgramDestroy(QiMengProgram *program);

/* The program's name; lives as long as the program. */
QIMENG_EXPORT const char *qimengProgramName(const QiMengProgram *program);

/* Operands are the program's arguments: first its inputs, then its outputs. */
QIMENG_EXPORT int qimengProgramNumInputs(const QiMengProgram *program);
QIMENG_EXPORT int qimengProgramNumOutputs(const QiMengProgram *program);

/* For operand `index`: its name, element type ("f16", "bf16", "f32", "f64",
   "i1", "i8", "i16", "i32", "i64"), number of dimensions, extent of dimension
   `dim`, and bytes. Tensors are dense and row-major. Out of range: NULL or -1.
 */
QIMENG_EXPORT const char *qimengProgramOperandName(const QiMengProgram *program,
                                                   int index);
QIMENG_EXPORT const char *qimengProgramOperandType(const QiMengProgram *program,
                                                   int index);
QIMENG_EXPORT int qimengProgramOperandRank(const QiMengProgram *program,
                                           int index);
QIMENG_EXPORT int64_t qimengProgramOperandExtent(const QiMengProgram *program,
                                                 int index, int dim);
QIMENG_EXPORT int64_t qimengProgramOperandBytes(const QiMengProgram *program,
                                                int index);

/* Puts the program's kernels on `stream` (a CUstream; NULL is the default
   stream) and returns without waiting. `operands` holds one device address for
   each operand. Temporaries are allocated at the first run: two runs must not
   overlap on different streams. Returns 0, or -1 on failure. */
QIMENG_EXPORT int qimengProgramRun(QiMengProgram *program,
                                   const uint64_t *operands, int count,
                                   void *stream);

#ifdef __cplusplus
}
#endif

#endif /* QIMENG_C_RUNTIME_H */
