// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "core/expression.hpp"

#include <array>
#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "core/log.hpp"
#include "core/units.hpp"

using namespace skyweft;

namespace {

constexpr std::uint64_t kSeed = 20171220;
constexpr int kMutants = 10000;

const std::array kExamples = std::to_array<std::string>({
    "EXPTIME / 1000 + 2 * (GAIN - 1) ^ 2 % 7",
    "DATE_OBS + 'T' + TIME_OBS",
    "if(contains(lower(OBJECT), 'flat'), 'flat', IMAGETYP ?? 'light')",
    "INSTRUME == 'cam1' and EXPTIME > 5 or not defined(NAXIS3)",
    "part(replace(FILENAME, '-', '_'), '_', -1)",
    "substr(upper(trim(OBJECT)), 0, number('3')) + text(max(1, 2, 3))",
    "matches(OBJECT, 'a*b?c*') and starts_with(OBJECT, \"x\") or ends_with(OBJECT, 'y')",
    "sexagesimal('12:30:45.5') * 15 - abs(floor(-1.5e3)) / sqrt(2)",
    "log10(exp(1)) + sin(pi) - cos(0) * tan(1) + round(2.5) + ceil(.1) + min(1, 2) + length('a')",
});

/// Values of every kind, also hostile ones, decided by the name alone.
Value hostile(std::string_view name) {
  switch (std::hash<std::string_view>{}(name) % 8) {
    case 0:
      return {};
    case 1:
      return kNaN;
    case 2:
      return 1e308;
    case 3:
      return std::string(70000, 'a');
    case 4:
      return std::string{"\x1b]0;\xff\x00 12:30", 12};
    case 5:
      return -0.0;
    case 6:
      return std::string{"Sky Flat"};
    default:
      return 42.0;
  }
}

std::string mutated(std::string text, std::mt19937_64& random) {
  constexpr std::string_view kPieces = "()'\"+-*/%^?=!<>&|,. _0123456789eEandorif\x01\x80\xff\n";
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  const std::size_t n_change = 1 + below(6);
  for (std::size_t i = 0; i < n_change; ++i) {
    const std::size_t at = text.empty() ? 0 : below(text.size());
    switch (below(5)) {
      case 0:
        if (!text.empty()) text[at] = kPieces[below(kPieces.size())];
        break;
      case 1:
        text.insert(at, 1, kPieces[below(kPieces.size())]);
        break;
      case 2:
        text.erase(at, 1 + below(5));
        break;
      case 3: {
        const std::string& other = kExamples[below(kExamples.size())];
        text.insert(at, other.substr(below(other.size()), below(30)));
        break;
      }
      default:
        text.insert(at, below(70), "(-'9"[below(4)]);
    }
  }
  return text;
}

TEST(ExpressionFuzz, EveryMutantHasAValueOrAnErrorThatCanBeShown) {
  std::mt19937_64 random{kSeed};
  int n_parsed = 0;
  int n_value = 0;
  for (int i = 0; i < kMutants; ++i) {
    const std::string text =
        mutated(kExamples[static_cast<std::size_t>(i) % kExamples.size()], random);
    SCOPED_TRACE(printable(text));
    try {
      const Expression expression = Expression::parse(text);
      ++n_parsed;
      const Value value = expression.evaluate(hostile);
      ++n_value;
      if (const auto* number = std::get_if<double>(&value)) {
        EXPECT_TRUE(std::isfinite(*number));
      }
      if (const auto* s = std::get_if<std::string>(&value)) {
        EXPECT_LE(s->size(), 131072U);
      }
      EXPECT_EQ(printable(spelled(value)), spelled(value));
    } catch (const Error& error) {
      EXPECT_TRUE(error.code() == Errc::bad_config || error.code() == Errc::bad_input);
      EXPECT_EQ(printable(error.text()), error.text());
    }
  }
  // A fuzzer that never gets past the parser tests nothing.
  EXPECT_GT(n_parsed, kMutants / 50);
  EXPECT_GT(n_value, kMutants / 100);
}

TEST(ExpressionFuzz, RandomBytesAreRefusedOrRead) {
  std::mt19937_64 random{kSeed + 1};
  for (int i = 0; i < kMutants; ++i) {
    std::string text(random() % 200, ' ');
    for (char& c : text) c = static_cast<char>(random() % 256);
    try {
      Expression::parse(text).evaluate(hostile);
    } catch (const Error& error) {
      EXPECT_TRUE(error.code() == Errc::bad_config || error.code() == Errc::bad_input);
      EXPECT_EQ(printable(error.text()), error.text());
    }
  }
}

}  // namespace
