// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
// EPD by sums of products against its slow twin, in all the ways it can be asked.
#include <algorithm>
#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "lc/epd_group.hpp"
#include "support/lc_epd_twin.hpp"

namespace skyweft::lc {
namespace {

using support::EpdCurve;

constexpr double kTwoPi = 6.283185307179586;
constexpr double kNoise_mag = 0.003;
// Magnitudes between 8 and 16 are floats 9.5e-7 apart: where the two ways round differently.
constexpr double kFloatStep = 1e-6;

struct Night {
  std::size_t n_frame = 700;
  std::size_t n_ap = 3;
  double missing = 0.05;
  double outliers = 0.01;
};

/// A star in several apertures over all frames; every third frame belongs to the second group.
struct Field {
  std::size_t n_frame, n_ap;
  std::map<std::string, std::vector<double>> columns;
  std::vector<float> mag, mag_err;  ///< [ap][frame]
  std::vector<QualityBits> quality;
  std::vector<std::uint8_t> excluded;
  std::vector<std::vector<std::int64_t>> groups{2};

  Field(unsigned seed, const Night& night) : n_frame(night.n_frame), n_ap(night.n_ap) {
    std::mt19937_64 random{seed};
    std::normal_distribution<double> gauss{0.0, 1.0};
    std::uniform_real_distribution<double> flat{0.0, 1.0};
    for (const char* name : {"x", "y", "bg", "s", "d", "k", "airmass", "fwhm", "time", "bjd"})
      columns[name].resize(n_frame);
    quality.assign(n_frame, 0);
    excluded.assign(n_frame, 0);
    mag.resize(n_ap * n_frame);
    mag_err.resize(n_ap * n_frame);
    for (std::size_t f = 0; f < n_frame; ++f) {
      const double age = static_cast<double>(f) / static_cast<double>(n_frame);
      groups[f % 3 == 1 ? 1 : 0].push_back(static_cast<std::int64_t>(f));
      const auto set = [&](const char* name, double v) { columns[name][f] = v; };
      set("x", 1500.0 + 20.0 * age + 0.5 * gauss(random));
      set("y", 300.0 + 0.5 * gauss(random));
      set("bg", 800.0 * std::exp(age) + 30.0 * gauss(random));
      set("s", 1.2 + 0.1 * gauss(random));
      set("d", 0.05 * gauss(random));
      set("k", 0.05 * gauss(random));
      set("airmass", 1.0 + (age - 0.4) * (age - 0.4));
      set("fwhm", 2.5 + 0.2 * gauss(random));
      set("time", 100.0 * age);
      set("bjd", 2459000.0 + 5.0 * age);
      const double trend = 0.01 * std::sin(kTwoPi * columns["x"][f]) + 0.05 * columns["d"][f] +
                           0.02 * columns["airmass"][f] + 2e-5 * columns["bg"][f];
      if (flat(random) < 0.02) quality[f] = quality::saturated;
      excluded[f] = age > 0.6 && age < 0.63 ? 1 : 0;
      const bool is_gone = flat(random) < night.missing;
      for (std::size_t a = 0; a < n_ap; ++a) {
        const std::size_t at = a * n_frame + f;
        mag_err[at] = static_cast<float>(kNoise_mag * (0.5 + flat(random)));
        double m = 11.0 + trend + static_cast<double>(mag_err[at]) * gauss(random);
        if (flat(random) < night.outliers) m += 0.2 * gauss(random);
        mag[at] = is_gone || flat(random) < 0.01 ? NAN : static_cast<float>(m);
      }
    }
  }

  EpdCurve curve(std::size_t a, std::size_t g) const {
    EpdCurve out;
    for (const std::int64_t frame : groups[g]) {
      const auto f = static_cast<std::size_t>(frame);
      out.mag.push_back(mag[a * n_frame + f]);
      out.mag_err.push_back(mag_err[a * n_frame + f]);
      out.quality.push_back(quality[f]);
      out.excluded.push_back(excluded[f]);
      for (const auto& [name, column] : columns) out.columns[name].push_back(column[f]);
    }
    return out;
  }
};

constexpr const char* kHat =
    "{s, s^2, d, d^2, k, k^2, s*d, s*k, d*k, sin(2*pi*x), cos(2*pi*x), sin(2*pi*y), cos(2*pi*y), "
    "sin(4*pi*x), cos(4*pi*x), sin(4*pi*y), cos(4*pi*y), bg, airmass, time}";
constexpr const char* kFrameTerms = "O2{airmass, fwhm, time}";

/// Corrects all groups of `field` both ways and compares; `shared` are the names that all stars
/// are said to share.
void expect_as_twin(Field field, const char* text, const EpdConfig& config,
                    const std::vector<std::string>& shared_names, double tolerance = kFloatStep,
                    const std::vector<std::vector<double>>& signals = {}) {
  const Terms terms = Terms::parse(text);
  const Field before = field;
  NamedColumns shared;
  for (const std::string& name : shared_names) shared.add(name, before.columns.at(name));
  EpdWork work;
  for (std::size_t g = 0; g < field.groups.size(); ++g) {
    const EpdGroup group{terms, shared, field.groups[g], config};
    std::vector<std::span<const double>> own;
    for (const std::string& name : group.own_names()) own.emplace_back(before.columns.at(name));
    const auto results = group.detrend({.mag = field.mag,
                                        .quality = field.quality,
                                        .mag_err = field.mag_err,
                                        .own = {.columns = own, .signals = signals},
                                        .excluded = field.excluded},
                                       work);
    ASSERT_EQ(results.size(), field.n_ap);
    for (std::size_t a = 0; a < field.n_ap; ++a) {
      EpdCurve twin = before.curve(a, g);
      for (const auto& signal : signals) {
        auto& part = twin.signals.emplace_back();
        for (const std::int64_t f : field.groups[g])
          part.push_back(signal[static_cast<std::size_t>(f)]);
      }
      const EpdResult expected = support::epd_twin(twin, terms, config);
      EXPECT_EQ(results[a].n_used, expected.n_used) << text << " group " << g << " ap " << a;
      EXPECT_EQ(results[a].coefficients.size(), expected.coefficients.size());
      EXPECT_NEAR(results[a].rms_mag, expected.rms_mag, tolerance);
      double most = 0.0;
      for (std::size_t i = 0; i < twin.mag.size(); ++i) {
        const auto f = static_cast<std::size_t>(field.groups[g][i]);
        const float ours = field.mag[a * field.n_frame + f];
        ASSERT_EQ(std::isnan(ours), std::isnan(twin.mag[i]));
        if (!std::isnan(ours))
          most = std::max(most,
                          std::abs(static_cast<double>(ours) - static_cast<double>(twin.mag[i])));
        if (field.n_ap == 1 && !std::isnan(ours)) {
          EXPECT_EQ(field.quality[f], twin.quality[i]);
        }
      }
      EXPECT_LE(most, tolerance) << text << " group " << g << " ap " << a;
    }
  }
}

const std::vector<std::string> kFrameNames{"airmass", "fwhm", "time"};

TEST(EpdGroup, IsItsTwinForTermsOfTheStar) {
  for (unsigned seed = 1; seed <= 4; ++seed) {
    expect_as_twin(Field{seed, {}}, kHat, {}, kFrameNames);
    expect_as_twin(Field{seed, {.n_ap = 1}}, "O2{x, y, bg}", {}, kFrameNames);
  }
}

TEST(EpdGroup, IsItsTwinForTermsThatAllStarsShare) {
  for (unsigned seed = 1; seed <= 4; ++seed) {
    expect_as_twin(Field{seed, {}}, kFrameTerms, {}, kFrameNames);
    expect_as_twin(Field{seed, {.n_ap = 1, .missing = 0.4}}, kFrameTerms, {}, kFrameNames);
    // More missing than there: summed anew, not taken out.
    expect_as_twin(Field{seed, {.missing = 0.7}}, "O1{airmass, fwhm, time}", {}, kFrameNames);
  }
}

TEST(EpdGroup, IsItsTwinWhateverIsAsked) {
  const Field field{9, {.outliers = 0.03}};
  for (const char* text : {kHat, kFrameTerms}) {
    expect_as_twin(field, text, {.reject = 3.0}, kFrameNames);
    expect_as_twin(field, text, {.reject = 3.0, .prereject = true}, kFrameNames);
    expect_as_twin(field, text, {.max_rounds = 0}, kFrameNames);
    expect_as_twin(field, text, {.weights = "error"}, kFrameNames);
    expect_as_twin(field, text, {.smooth_points = 21}, kFrameNames);
    expect_as_twin(field, text, {.ridge = 0.1}, kFrameNames);
  }
}

TEST(EpdGroup, IsItsTwinWithHubersLoss) {
  // Stopped when no coefficient moved by more than 1e-4 of a scale of at most 1.5 noise; what is
  // left after that is a fifth of the last step, the share of points beyond the bound: over 20
  // terms at up to 4 deviations each, 1e-4 · 0.2 · 4 · √20 · 4.5 mmag.
  const double tolerance = kFloatStep + 1e-4 * 0.2 * 4.0 * std::sqrt(20.0) * 1.5 * kNoise_mag;
  const Field field{10, {.outliers = 0.1}};
  expect_as_twin(field, kHat, {.loss = "huber"}, kFrameNames, tolerance);
  expect_as_twin(field, kFrameTerms, {.loss = "huber"}, kFrameNames, tolerance);
  expect_as_twin(field, kFrameTerms, {.loss = "huber", .weights = "error"}, kFrameNames, tolerance);
}

TEST(EpdGroup, IsItsTwinWhereTermsRepeatOrVanish) {
  Field field{11, {}};
  field.columns["y"] = field.columns["x"];
  std::ranges::fill(field.columns["s"], 1.1);
  std::ranges::fill(field.columns["fwhm"], NAN);
  expect_as_twin(field, "{x, y, s, bg, airmass, fwhm}", {}, kFrameNames);
  expect_as_twin(field, "{x, y, x + y, bg}", {}, kFrameNames);
  expect_as_twin(field, "{airmass, fwhm, 2*airmass, time}", {}, kFrameNames);
  // A number of 2.5 million that varies by a few: the square of their ratio is 2e12, of which
  // sums about the mean know nothing.
  expect_as_twin(field, "{bjd, airmass}", {}, {"bjd", "airmass"});
  expect_as_twin(field, "{bjd, bg}", {}, {"bjd"});
}

TEST(EpdGroup, IsItsTwinWhereParametersAreMissing) {
  Field field{12, {.n_ap = 1}};
  for (std::size_t f = 5; f < field.n_frame; f += 31) field.columns["bg"][f] = NAN;
  for (std::size_t f = 8; f < field.n_frame; f += 57) field.columns["airmass"][f] = INFINITY;
  expect_as_twin(field, "{x, log(bg), airmass}", {}, kFrameNames);
  expect_as_twin(field, "{airmass, time}", {}, kFrameNames);
}

TEST(EpdGroup, IsItsTwinWithSignals) {
  Field field{13, {}};
  std::vector<double> dip(field.n_frame, 0.0);
  for (std::size_t f = 300; f < 380; ++f) dip[f] = 1.0;
  for (std::size_t a = 0; a < field.n_ap; ++a)
    for (std::size_t f = 0; f < field.n_frame; ++f)
      field.mag[a * field.n_frame + f] += static_cast<float>(0.02 * dip[f]);
  expect_as_twin(field, kHat, {}, kFrameNames, kFloatStep, {dip});
  expect_as_twin(field, kFrameTerms, {}, kFrameNames, kFloatStep, {dip});
}

TEST(EpdGroup, GivesAStarTheSameBitsWhateverCameBefore) {
  const Terms terms = Terms::parse(kHat);
  const Field first{14, {}};
  const Field second{15, {.missing = 0.3}};
  const auto corrected = [&](const Field& field, EpdWork& work) {
    Field out = field;
    NamedColumns shared;
    for (const std::string& name : kFrameNames) shared.add(name, first.columns.at(name));
    const EpdGroup group{terms, shared, field.groups[0], {}};
    std::vector<std::span<const double>> own;
    for (const std::string& name : group.own_names()) own.emplace_back(field.columns.at(name));
    group.detrend({.mag = out.mag, .quality = out.quality, .own = {.columns = own, .signals = {}}},
                  work);
    for (float& m : out.mag) m = std::isnan(m) ? 0.0F : m;
    return out.mag;
  };
  EpdWork fresh;
  EpdWork used;
  corrected(second, used);
  EXPECT_EQ(corrected(first, fresh), corrected(first, used));
}

}  // namespace
}  // namespace skyweft::lc
