//===- Properties.cpp - What can be said of a kernel's form ---------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Dialect/QiMeng/IR/Properties.h"

using namespace mlir;
using namespace qimeng;

static constexpr std::pair<StringLiteral, Property> propertyNames[] = {
    {"tiled", Property::Tiled},
    {"staged", Property::Staged},
    {"pipelined", Property::Pipelined},
    {"specialized", Property::Specialized},
    {"tensorized", Property::Tensorized},
    {"persistent", Property::Persistent},
};

Result<Property> qimeng::parseProperty(StringRef name) {
  std::string known;
  for (auto &[known_name, property] : propertyNames) {
    if (name == known_name)
      return property;
    known += (known.empty() ? "" : ", ") + known_name.str();
  }
  return Error{"unknown property '" + name.str() + "'; known are " + known};
}

StringRef qimeng::getName(Property property) {
  for (auto &[name, known] : propertyNames)
    if (property == known)
      return name;
  llvm_unreachable("unknown property");
}

bool qimeng::hasProperty(KernelOp kernel, Property property) {
  Region &body = kernel.getBody();
  switch (property) {
  case Property::Tiled:
    return kernel.isTiled();
  case Property::Staged:
    return !body.getOps<ChannelOp>().empty();
  case Property::Pipelined:
    return llvm::any_of(body.getOps<ChannelOp>(), [](ChannelOp channel) {
      return channel.getStages() >= 2;
    });
  case Property::Specialized:
    return kernel.isSpecialized();
  case Property::Tensorized: {
    bool any = false, all = true;
    body.walk([&](DotOp dot) {
      any = true;
      all &= dot.getMma() != Mma::Fma;
    });
    return any && all;
  }
  case Property::Persistent:
    return kernel.getScheduleOrDefault().getPersistent() > 0;
  }
  llvm_unreachable("unknown property");
}

LogicalResult qimeng::checkProperty(KernelOp kernel, Property property,
                                    std::string &why) {
  if (hasProperty(kernel, property))
    return success();
  why = "@" + kernel.getSymName().str() + " is not " + getName(property).str();
  switch (property) {
  case Property::Tiled:
    why += ": it has no grid(..)";
    break;
  case Property::Staged:
    why += ": it has no qimeng.channel";
    break;
  case Property::Pipelined:
    why += ": it has no qimeng.channel of two stages or more";
    break;
  case Property::Specialized:
    why += ": it has no qimeng.role";
    break;
  case Property::Tensorized:
    why += ": not every qimeng.dot has mma <mma_sync> or mma <wgmma>";
    break;
  case Property::Persistent:
    why += ": its schedule has no persistent blocks";
    break;
  }
  return failure();
}
