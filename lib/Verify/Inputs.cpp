//===- Inputs.cpp - Inputs that tell programs apart -----------------------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Verify/Inputs.h"
#include <algorithm>
#include <cmath>

using namespace qimeng;

// The output function of SplitMix64 (Steele, Lea, Flood: Fast splittable
// pseudorandom number generators, 2014).
uint64_t qimeng::mixBits(uint64_t x) {
  x += 0x9E3779B97F4A7C15u;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

bool qimeng::isLarge(InputKind kind) {
  return kind == InputKind::Large || kind == InputKind::LargePeaks ||
         kind == InputKind::Negative || kind == InputKind::Mixed;
}

llvm::StringRef qimeng::getName(InputKind kind) {
  switch (kind) {
  case InputKind::Normal:
    return "normal";
  case InputKind::Uniform:
    return "uniform";
  case InputKind::Scaled:
    return "scaled";
  case InputKind::Constant:
    return "constant";
  case InputKind::Large:
    return "large";
  case InputKind::Small:
    return "small";
  case InputKind::Tiny:
    return "tiny";
  case InputKind::Infinite:
    return "infinite";
  case InputKind::NaN:
    return "nan";
  case InputKind::Rising:
    return "rising";
  case InputKind::Falling:
    return "falling";
  case InputKind::Peaks:
    return "peaks";
  case InputKind::LargePeaks:
    return "large peaks";
  case InputKind::Ties:
    return "ties";
  case InputKind::Negative:
    return "negative";
  case InputKind::Opposed:
    return "opposed";
  case InputKind::Mixed:
    return "mixed";
  }
  llvm_unreachable("unknown kind of inputs");
}

/// Most elements stay normal, so that most elements of the outputs still say
/// something.
static void addSpecials(HostTensor &input, bool isNaN, uint64_t seed,
                        unsigned number) {
  int64_t count = input.getNumElements();
  uint64_t state = mixBits(seed * 31 + number);
  int64_t specials = count < 4 ? static_cast<int64_t>(state & 1)
                               : std::clamp<int64_t>(count / 16, 1, 3);
  for (int64_t i = 0; i < specials; ++i) {
    state = mixBits(state);
    double value = isNaN ? std::nan("") : INFINITY;
    input.set(static_cast<int64_t>((state >> 8) % count),
              state & 1 ? -value : value);
  }
}

/// Calls visit(element, level): for every dimension in which the element is at
/// its high place, one more, in which it is at its low place, one less.
static void
forEachLevel(const TensorSpec &spec, InputKind kind, uint64_t seed,
             llvm::function_ref<void(int64_t element, int level)> visit) {
  size_t rank = spec.shape.size();
  llvm::SmallVector<int64_t> high, low, at(rank, 0);
  for (int64_t size : spec.shape) {
    uint64_t hash = mixBits(seed * 4096 + static_cast<uint64_t>(size));
    bool anywhere = kind == InputKind::Peaks;
    bool falls = kind == InputKind::Falling ||
                 (kind == InputKind::LargePeaks && seed % 2 == 1);
    int64_t first = 0, last = size - 1;
    if (anywhere) {
      last = static_cast<int64_t>((hash >> 32) % static_cast<uint64_t>(size));
      first = static_cast<int64_t>((hash & 0xFFFFFFFF) %
                                   static_cast<uint64_t>(size));
    }
    high.push_back(falls ? first : last);
    low.push_back(falls ? last : first);
  }
  for (int64_t i = 0, end = spec.getNumElements(); i < end; ++i) {
    int level = 0;
    for (size_t dim = 0; dim < rank; ++dim)
      level += (at[dim] == high[dim]) - (at[dim] == low[dim]);
    visit(i, level);
    for (size_t dim = rank; dim-- > 0;) {
      if (++at[dim] < spec.shape[dim])
        break;
      at[dim] = 0;
    }
  }
}

/// 2^60, or what stands in its place.
static double getLarge(DataType type, const InputContext &context) {
  if (context.reachesF16)
    return 0x1p3;
  return type == DataType::F16   ? 0x1p13
         : type == DataType::F64 ? 0x1p500
                                 : 0x1p60;
}

HostTensor qimeng::drawInput(const TensorSpec &spec, InputKind kind,
                             uint64_t seed, unsigned number,
                             const InputContext &context) {
  if (kind == InputKind::Mixed) {
    static constexpr InputKind kinds[] = {
        InputKind::Normal,   InputKind::Large,   InputKind::LargePeaks,
        InputKind::Small,    InputKind::Uniform, InputKind::Uniform,
        InputKind::Negative, InputKind::Negative};
    kind = kinds[mixBits(seed * 8 + number) % std::size(kinds)];
  }
  HostTensor input(spec);
  if (input.getNumElements() == 0)
    return input;
  bool floats = isFloat(spec.type);
  int64_t count = input.getNumElements();
  auto draw = [&](Draw::Mode mode, double scale = 1) {
    input.draw(seed, number, {mode, scale});
  };
  switch (kind) {
  case InputKind::Normal:
    draw(Draw::Mode::Normal);
    break;
  case InputKind::Uniform:
    draw(Draw::Mode::Uniform);
    break;
  case InputKind::Scaled:
    draw(Draw::Mode::Normal, std::pow(context.longestSum, -0.25));
    break;
  case InputKind::Constant:
    draw(Draw::Mode::Constant);
    break;
  case InputKind::Large:
    if (floats && context.reachesF16)
      draw(Draw::Mode::Normal, getLarge(spec.type, context));
    else
      draw(Draw::Mode::Large);
    break;
  case InputKind::Small:
    draw(Draw::Mode::Normal,
         std::ldexp(1.0, -3 - static_cast<int>((seed + 4) % 7)));
    break;
  case InputKind::Tiny:
    draw(Draw::Mode::Tiny);
    break;
  case InputKind::Infinite:
  case InputKind::NaN:
    draw(Draw::Mode::Normal);
    if (floats)
      addSpecials(input, kind == InputKind::NaN, seed, number);
    break;
  case InputKind::Rising:
  case InputKind::Falling:
  case InputKind::Peaks:
  case InputKind::LargePeaks: {
    bool isLarge = kind == InputKind::LargePeaks;
    double unit = !floats ? 20 : isLarge ? getLarge(spec.type, context) : 8;
    draw(Draw::Mode::Normal, isLarge ? unit / 8 : 0.5);
    forEachLevel(spec, kind, seed, [&](int64_t i, int level) {
      if (level == 0)
        return;
      if (spec.type == DataType::I1)
        input.set(i, level > 0);
      else
        input.set(i, input.get(i) + level * unit);
    });
    break;
  }
  case InputKind::Ties: {
    static const double values[] = {-2, -1, -0.5, 0.5, 1, 2};
    const uint64_t key = mixBits(seed * 64 + number);
    draw(Draw::Mode::Normal);
    if (spec.type == DataType::I1)
      break;
    for (int64_t i = 0; i < count; ++i) {
      double value = values[mixBits(key + static_cast<uint64_t>(i)) % 6];
      input.set(i, floats ? value : 2 * value);
    }
    break;
  }
  case InputKind::Negative:
    draw(Draw::Mode::Normal);
    if (spec.type == DataType::I1)
      break;
    for (int64_t i = 0; i < count; ++i) {
      double magnitude = std::abs(input.get(i));
      input.set(i, floats ? -std::min(2 + magnitude, 7.0) *
                                getLarge(spec.type, context)
                          : -1 - magnitude);
    }
    break;
  case InputKind::Opposed: {
    draw(Draw::Mode::Uniform);
    if (spec.type == DataType::I1)
      break;
    bool isNegative = number >> (seed % 4) & 1;
    for (int64_t i = 0; i < count; ++i) {
      double magnitude = std::abs(input.get(i));
      input.set(i, isNegative ? -magnitude : magnitude);
    }
    break;
  }
  case InputKind::Mixed:
    llvm_unreachable("is another kind for each input");
  }
  return input;
}
