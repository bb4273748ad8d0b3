//===- WorkerMain.cpp - main() for tests that start workers ---------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Runtime/Worker.h"
#include "gtest/gtest.h"
#include <cstdlib>

int main(int argc, char **argv) {
#ifdef QIMENG_FAKE_DRIVER
  ::setenv("QIMENG_LIBCUDA", QIMENG_FAKE_DRIVER, /*overwrite=*/0);
#endif
  if (qimeng::isWorkerInvocation(argc, argv))
    return qimeng::workerMain(0, 1);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
