//===- Data.cpp - Host tensors: conversion, random draws, errors ----------===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qimeng/Runtime/Data.h"
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <mutex>
#include <thread>

namespace qimeng {

//===----------------------------------------------------------------------===//
// Conversion
//===----------------------------------------------------------------------===//

/// Rounds to a binary format of 16 bits with `mantissaBits` explicit mantissa
/// bits, straight from double, so that nothing is rounded twice.
static uint16_t toSmallFloat(double value, int mantissaBits) {
  const int exponentBits = 15 - mantissaBits;
  const int bias = (1 << (exponentBits - 1)) - 1;
  const uint16_t sign = std::signbit(value) ? 0x8000 : 0;
  const uint16_t infinity = ((1 << exponentBits) - 1) << mantissaBits;
  if (std::isnan(value))
    return sign | infinity | (1 << (mantissaBits - 1));
  double magnitude = std::fabs(value);
  if (magnitude == 0)
    return sign;
  if (std::isinf(magnitude))
    return sign | infinity;
  uint64_t wide;
  std::memcpy(&wide, &magnitude, sizeof wide);
  if (magnitude >= std::ldexp(1.0, 1 - bias)) {
    // The mantissa's lower bits are rounded away, to nearest even, and the
    // exponent's bias is another; what gets too large is infinite.
    const int dropped = 52 - mantissaBits;
    wide += (uint64_t(1) << (dropped - 1)) - 1 + ((wide >> dropped) & 1);
    wide = (wide >> dropped) - (uint64_t(1023 - bias) << mantissaBits);
    return sign | static_cast<uint16_t>(std::min<uint64_t>(wide, infinity));
  }
  // Subnormal. nearbyint rounds to nearest even; the product is exact. A carry
  // out of the mantissa runs into the exponent, as it should.
  return sign | static_cast<uint16_t>(std::nearbyint(
                    std::ldexp(magnitude, mantissaBits + bias - 1)));
}

/// The common case of toSmallFloat for bfloat16: a float whose lower half is
/// rounded away. Only valid when `value` is exact as a float.
static uint16_t floatToBF16(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  if (std::isnan(value))
    return (bits >> 16) | 0x40;
  return (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16;
}

uint16_t toF16(double value) { return toSmallFloat(value, 10); }

uint16_t toBF16(double value) {
  float narrow = static_cast<float>(value);
  if (narrow == value)
    return floatToBF16(narrow);
  return toSmallFloat(value, 7);
}

double fromF16(uint16_t bits) {
  int exponent = (bits >> 10) & 31;
  int mantissa = bits & 1023;
  double magnitude;
  if (exponent == 31) {
    magnitude = mantissa ? std::nan("") : INFINITY;
  } else if (exponent == 0) {
    magnitude = mantissa * 0x1p-24;
  } else {
    // ldexp would take most of the time of a comparison.
    uint64_t wide = uint64_t(exponent - 15 + 1023) << 52 | uint64_t(mantissa)
                                                               << 42;
    std::memcpy(&magnitude, &wide, sizeof magnitude);
  }
  return bits & 0x8000 ? -magnitude : magnitude;
}

double fromBF16(uint16_t bits) {
  uint32_t wide = uint32_t(bits) << 16;
  float value;
  std::memcpy(&value, &wide, sizeof value);
  return value;
}

/// Calls visit(T()) with the C++ type that holds `type`; the 16-bit floats come
/// as uint16_t and i1 as bool, which no integer type of ours uses.
template <typename Visit> static auto visitType(DataType type, Visit visit) {
  switch (type) {
  case DataType::F16:
  case DataType::BF16:
    return visit(uint16_t());
  case DataType::F32:
    return visit(float());
  case DataType::F64:
    return visit(double());
  case DataType::I1:
    return visit(bool());
  case DataType::I8:
    return visit(int8_t());
  case DataType::I16:
    return visit(int16_t());
  case DataType::I32:
    return visit(int32_t());
  case DataType::I64:
    break;
  }
  return visit(int64_t());
}

template <typename T> static T loadAs(const void *data, int64_t index) {
  T value;
  std::memcpy(&value, static_cast<const char *>(data) + index * sizeof(T),
              sizeof(T));
  return value;
}

template <typename T>
static void storeAs(void *data, int64_t index, const T &value) {
  std::memcpy(static_cast<char *>(data) + index * sizeof(T), &value, sizeof(T));
}

static int64_t loadInteger(const void *data, DataType type, int64_t index) {
  switch (type) {
  case DataType::I8:
    return loadAs<int8_t>(data, index);
  case DataType::I16:
    return loadAs<int16_t>(data, index);
  case DataType::I32:
    return loadAs<int32_t>(data, index);
  case DataType::I64:
    return loadAs<int64_t>(data, index);
  default:
    // Not through bool: a kernel may have written something else than 0 or 1.
    return loadAs<uint8_t>(data, index);
  }
}

/// Calls visit() with a function that loads an element of `type`, so that a
/// loop over elements need not look at the type of each.
template <typename Visit> static auto visitLoad(DataType type, Visit visit) {
  switch (type) {
  case DataType::F16:
    return visit([](const void *data, int64_t index) {
      return fromF16(loadAs<uint16_t>(data, index));
    });
  case DataType::BF16:
    return visit([](const void *data, int64_t index) {
      return fromBF16(loadAs<uint16_t>(data, index));
    });
  case DataType::F32:
    return visit([](const void *data, int64_t index) -> double {
      return loadAs<float>(data, index);
    });
  case DataType::F64:
    return visit([](const void *data, int64_t index) {
      return loadAs<double>(data, index);
    });
  default:
    return visit([type](const void *data, int64_t index) {
      return static_cast<double>(loadInteger(data, type, index));
    });
  }
}

double loadElement(const void *data, DataType type, int64_t index) {
  return visitLoad(type, [&](auto load) { return load(data, index); });
}

template <typename T> static T saturate(double value) {
  if (std::isnan(value))
    return 0;
  double rounded = std::nearbyint(value);
  // 2^(bits-1) is exact as a double, the largest integer below it may not be.
  double limit = std::ldexp(1.0, std::numeric_limits<T>::digits);
  if (rounded >= limit)
    return std::numeric_limits<T>::max();
  if (rounded < -limit)
    return std::numeric_limits<T>::min();
  return static_cast<T>(rounded);
}

void storeElement(void *data, DataType type, int64_t index, double value) {
  switch (type) {
  case DataType::F16:
    return storeAs(data, index, toF16(value));
  case DataType::BF16:
    return storeAs(data, index, toBF16(value));
  case DataType::F32:
    return storeAs(data, index, static_cast<float>(value));
  case DataType::F64:
    return storeAs(data, index, value);
  case DataType::I1:
    return storeAs<uint8_t>(data, index, value != 0);
  case DataType::I8:
    return storeAs(data, index, saturate<int8_t>(value));
  case DataType::I16:
    return storeAs(data, index, saturate<int16_t>(value));
  case DataType::I32:
    return storeAs(data, index, saturate<int32_t>(value));
  case DataType::I64:
    return storeAs(data, index, saturate<int64_t>(value));
  }
}

void convertElements(const void *from, DataType fromType, void *to,
                     DataType toType, int64_t count) {
  if (fromType == toType) {
    if (count > 0)
      std::memcpy(to, from, count * dataTypeBytes(toType));
    return;
  }
  parallelFor(count, [&](int64_t begin, int64_t end) {
    if (toType == DataType::I64 && !isFloat(fromType)) {
      for (int64_t i = begin; i < end; ++i)
        storeAs(to, i, loadInteger(from, fromType, i));
      return;
    }
    for (int64_t i = begin; i < end; ++i)
      storeElement(to, toType, i, loadElement(from, fromType, i));
  });
}

void parallelFor(int64_t count,
                 const std::function<void(int64_t, int64_t)> &body) {
  constexpr int64_t grain = 1024, enoughForThreads = 65536;
  int64_t threads =
      std::min<int64_t>(std::max(1u, std::thread::hardware_concurrency()),
                        count / enoughForThreads);
  if (threads <= 1) {
    if (count > 0)
      body(0, count);
    return;
  }
  int64_t piece = (count / threads + grain - 1) / grain * grain;
  std::vector<std::thread> pool;
  for (int64_t begin = piece; begin < count; begin += piece)
    pool.emplace_back(body, begin, std::min(begin + piece, count));
  body(0, std::min(piece, count));
  for (std::thread &thread : pool)
    thread.join();
}

//===----------------------------------------------------------------------===//
// Random draws
//===----------------------------------------------------------------------===//

static constexpr struct {
  Draw::Mode mode;
  const char *name;
} drawModes[] = {
    {Draw::Mode::Normal, "normal"},     {Draw::Mode::Uniform, "uniform"},
    {Draw::Mode::Constant, "constant"}, {Draw::Mode::Large, "large"},
    {Draw::Mode::Tiny, "tiny"},         {Draw::Mode::Infinite, "infinite"},
    {Draw::Mode::NaN, "nan"},
};

const char *drawModeName(Draw::Mode mode) {
  return drawModes[static_cast<size_t>(mode)].name;
}

bool parseDrawMode(std::string_view name, Draw::Mode &mode) {
  for (const auto &entry : drawModes)
    if (name == entry.name) {
      mode = entry.mode;
      return true;
    }
  return false;
}

/// SplitMix64's output function (Steele, Lea, Flood, OOPSLA 2014): as a hash of
/// a counter it makes every element independent of all others.
static uint64_t mix(uint64_t value) {
  value += 0x9E3779B97F4A7C15u;
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9u;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EBu;
  return value ^ (value >> 31);
}

/// Two normal numbers by Box and Muller's transform from the 64 bits of `hash`.
/// The tail ends at sqrt(2 * 32 * ln 2) = 6.7.
static void normalPair(uint64_t hash, float pair[2]) {
  float radius =
      std::sqrt(-2 * std::log((static_cast<float>(hash >> 32) + 1) * 0x1p-32f));
  float angle = static_cast<float>(hash & 0xFFFFFFFF) * 0x1p-32f *
                static_cast<float>(2 * 3.14159265358979323846);
  pair[0] = radius * std::cos(angle);
  pair[1] = radius * std::sin(angle);
}

static double modeScale(DataType type, Draw::Mode mode) {
  int f16, f32, f64;
  if (mode == Draw::Mode::Large)
    f16 = 7, f32 = 60, f64 = 500;
  else if (mode == Draw::Mode::Tiny)
    f16 = -12, f32 = -60, f64 = -500;
  else
    return 1;
  int power = type == DataType::F16 ? f16 : type == DataType::F64 ? f64 : f32;
  return std::ldexp(1.0, power);
}

static void storeFloat(void *data, DataType type, int64_t index, double value) {
  // A random number may be rounded twice; the exact way costs more.
  if (type == DataType::BF16)
    return storeAs(data, index, floatToBF16(static_cast<float>(value)));
  storeElement(data, type, index, value);
}

void drawElements(void *data, DataType type, int64_t count, uint64_t seed,
                  unsigned buffer, const Draw &draw) {
  const uint64_t key = mix(mix(seed) + buffer);
  const double scale = draw.scale * modeScale(type, draw.mode);
  const bool integer = !isFloat(type);
  parallelFor(count, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      uint64_t hash = mix(key + static_cast<uint64_t>(i));
      if (draw.mode == Draw::Mode::Constant) {
        storeElement(data, type, i, integer ? 1 : draw.scale);
      } else if (type == DataType::I1) {
        storeAs<uint8_t>(data, i, hash >> 63);
      } else if (integer && draw.mode == Draw::Mode::Large) {
        if (type == DataType::I8)
          storeAs<int8_t>(data, i, static_cast<int8_t>(hash >> 56));
        else if (type == DataType::I16)
          storeAs<int16_t>(data, i, static_cast<int16_t>(hash >> 48));
        else if (type == DataType::I32)
          storeAs<int32_t>(data, i, static_cast<int32_t>(hash >> 32));
        else
          storeAs<int64_t>(data, i, static_cast<int64_t>(hash));
      } else if (integer) {
        int64_t bound = type == DataType::I8 ? 4 : 8;
        int64_t value = static_cast<int64_t>((hash >> 32) % (2 * bound + 1));
        storeElement(data, type, i, static_cast<double>(value - bound));
      } else if (draw.mode == Draw::Mode::Uniform) {
        storeElement(data, type, i,
                     static_cast<double>(hash >> 11) * 0x1p-53 * scale);
      } else if ((draw.mode == Draw::Mode::Infinite ||
                  draw.mode == Draw::Mode::NaN) &&
                 (hash >> 58) == 0) {
        double value = draw.mode == Draw::Mode::NaN ? std::nan("") : INFINITY;
        storeElement(data, type, i, hash & 1 ? -value : value);
      } else {
        // Elements 2k and 2k+1 share a pair; pieces begin at even indices.
        float pair[2];
        normalPair(mix(~key + static_cast<uint64_t>(i / 2)), pair);
        storeFloat(data, type, i, pair[i & 1] * scale);
      }
    }
  });
}

uint64_t hashBytes(const void *data, size_t bytes) {
  const char *begin = static_cast<const char *>(data);
  std::mutex lock;
  uint64_t sum = mix(bytes);
  int64_t words = static_cast<int64_t>(bytes / 8);
  parallelFor(words, [&](int64_t first, int64_t last) {
    // Each word is hashed with its place, so the pieces add up in any order.
    uint64_t partial = 0;
    for (int64_t i = first; i < last; ++i)
      partial += mix(loadAs<uint64_t>(begin, i) ^
                     static_cast<uint64_t>(i) * 0xD1342543DE82EF95u);
    std::lock_guard<std::mutex> guard(lock);
    sum += partial;
  });
  uint64_t tail = 0;
  std::memcpy(&tail, begin + words * 8, bytes % 8);
  return mix(sum + mix(~tail));
}

//===----------------------------------------------------------------------===//
// Comparison
//===----------------------------------------------------------------------===//

Tolerance Tolerance::defaultFor(DataType type) {
  switch (type) {
  case DataType::F16:
    return {1e-2, 1e-2, 1e-2};
  case DataType::BF16:
    return {1e-2, 1e-2, 2e-2};
  case DataType::F32:
    return {1e-4, 1e-4, 1e-4};
  case DataType::F64:
    return {1e-9, 1e-9, 1e-9};
  default:
    return {0, 0, 0};
  }
}

/// What compareElements() gathers over one piece.
struct PartialComparison {
  double squaredError = 0, squaredWant = 0;
  Comparison result;
};

template <typename LoadGot, typename LoadWant>
static void comparePiece(const void *got, DataType gotType, LoadGot loadGot,
                         const void *want, DataType wantType, LoadWant loadWant,
                         int64_t begin, int64_t end, double absolute,
                         double relative, PartialComparison &whole) {
  // Of its own, so that the compiler sees that nothing else writes to it.
  PartialComparison partial;
  Comparison &result = partial.result;
  const bool exact = !isFloat(gotType) && !isFloat(wantType);
  for (int64_t i = begin; i < end; ++i) {
    double g = loadGot(got, i);
    double w = loadWant(want, i);
    bool violation;
    if (std::isnan(g) || std::isnan(w)) {
      violation = std::isnan(g) != std::isnan(w);
      result.nanMismatches += violation;
    } else if (std::isinf(g) || std::isinf(w)) {
      double rounded;
      char storage[8];
      storeElement(storage, gotType, 0, w);
      rounded = loadElement(storage, gotType, 0);
      violation = g != w && g != rounded;
    } else {
      double error = std::fabs(g - w);
      violation =
          exact ? loadInteger(got, gotType, i) != loadInteger(want, wantType, i)
                : error > absolute + relative * std::fabs(w);
      partial.squaredError += error * error;
      partial.squaredWant += w * w;
      result.maxAbsolute = std::max(result.maxAbsolute, error);
      if (w != 0)
        result.maxRelative = std::max(result.maxRelative, error / std::fabs(w));
    }
    if (violation && result.violations++ == 0) {
      result.firstMismatch = i;
      result.gotThere = g;
      result.wantedThere = w;
    }
  }
  whole = partial;
}

static double rms(const void *data, DataType type, int64_t count) {
  if (!isFloat(type))
    return 0;
  std::mutex lock;
  std::vector<std::pair<int64_t, double>> sums;
  int64_t finite = 0;
  parallelFor(count, [&](int64_t begin, int64_t end) {
    double sum = 0;
    int64_t found = 0;
    visitLoad(type, [&](auto load) {
      for (int64_t i = begin; i < end; ++i) {
        double value = load(data, i);
        if (std::isfinite(value)) {
          sum += value * value;
          ++found;
        }
      }
    });
    std::lock_guard<std::mutex> guard(lock);
    sums.emplace_back(begin, sum);
    finite += found;
  });
  std::sort(sums.begin(), sums.end());
  double total = 0;
  for (const auto &sum : sums)
    total += sum.second;
  return finite ? std::sqrt(total / static_cast<double>(finite)) : 0;
}

Comparison compareElements(const void *got, DataType gotType, const void *want,
                           DataType wantType, int64_t count,
                           const Tolerance &tolerance) {
  double scale = rms(want, wantType, count);
  double absolute = tolerance.atol * std::max(1.0, scale);
  std::mutex lock;
  std::vector<PartialComparison> partials;
  parallelFor(count, [&](int64_t begin, int64_t end) {
    PartialComparison partial;
    visitLoad(gotType, [&](auto loadGot) {
      visitLoad(wantType, [&](auto loadWant) {
        comparePiece(got, gotType, loadGot, want, wantType, loadWant, begin,
                     end, absolute, tolerance.rtol, partial);
      });
    });
    std::lock_guard<std::mutex> guard(lock);
    partials.push_back(partial);
  });
  Comparison total;
  total.elements = count;
  total.referenceRms = scale;
  double squaredError = 0, squaredWant = 0;
  for (const PartialComparison &partial : partials) {
    const Comparison &part = partial.result;
    squaredError += partial.squaredError;
    squaredWant += partial.squaredWant;
    total.maxAbsolute = std::max(total.maxAbsolute, part.maxAbsolute);
    total.maxRelative = std::max(total.maxRelative, part.maxRelative);
    total.violations += part.violations;
    total.nanMismatches += part.nanMismatches;
    if (part.firstMismatch >= 0 &&
        (total.firstMismatch < 0 || part.firstMismatch < total.firstMismatch)) {
      total.firstMismatch = part.firstMismatch;
      total.gotThere = part.gotThere;
      total.wantedThere = part.wantedThere;
    }
  }
  if (squaredError > 0)
    total.relativeFrobenius =
        squaredWant > 0 ? std::sqrt(squaredError / squaredWant) : INFINITY;
  return total;
}

/// printf's "-nan" says no more than "nan".
static std::string numberText(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", value);
  return std::isnan(value) ? "nan" : text;
}

std::string Comparison::describe() const {
  char frobenius[64];
  std::snprintf(frobenius, sizeof frobenius, "relative Frobenius error %.3g",
                relativeFrobenius);
  if (violations == 0)
    return "all " + std::to_string(elements) +
           " elements are within the element-wise tolerance, " + frobenius +
           ", largest difference " + numberText(maxAbsolute);
  return std::to_string(violations) + " of " + std::to_string(elements) +
         " elements differ, first at " + std::to_string(firstMismatch) +
         ": got " + numberText(gotThere) + ", expected " +
         numberText(wantedThere) + " (" + frobenius + ")";
}

} // namespace qimeng
