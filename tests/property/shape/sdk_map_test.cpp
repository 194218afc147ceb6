// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "shape/sdk_map.hpp"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "core/robust.hpp"
#include "shape/lower_terms.hpp"

using namespace skyweft;
using namespace skyweft::shape;

namespace {

constexpr std::int64_t kSide = 2000;

double true_s(double u, double v) {
  return 1.0 - 0.15 * u + 0.1 * v - 0.2 * u * u - 0.1 * v * v + 0.05 * u * v;
}

/// n sources of S/N 20 to 200 with errors of S √(1/snr² + 0.02²), and `n_blend` hidden doubles
/// among them.
SourceList sources_of(std::int64_t n, std::int64_t n_blend, unsigned seed) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> flat;
  std::normal_distribution<double> noise;
  SourceList s;
  for (std::int64_t i = 0; i < n; ++i) {
    s.x_px.push_back(flat(random) * (kSide - 1));
    s.y_px.push_back(flat(random) * (kSide - 1));
    const double u = (2.0 * s.x_px.back() + 1.0) / kSide - 1.0;
    const double v = (2.0 * s.y_px.back() + 1.0) / kSide - 1.0;
    const double snr = 20.0 * std::pow(10.0, flat(random));
    const double sigma = true_s(u, v) * std::hypot(1.0 / snr, 0.02);
    double shape_s = true_s(u, v) + sigma * noise(random);
    if (i < n_blend) shape_s *= 0.95 - 0.55 * flat(random);
    s.snr.push_back(static_cast<float>(snr));
    s.shape_s.push_back(static_cast<float>(shape_s));
    s.shape_d.push_back(static_cast<float>(0.1 * u + sigma * noise(random)));
    s.shape_k.push_back(static_cast<float>(-0.05 * v + sigma * noise(random)));
  }
  return s;
}

/// Differences of the mapped S from the truth on a 20 × 20 lattice.
std::vector<double> errors_of(const PsfMap& map) {
  std::vector<double> x, y;
  for (int i = 0; i < 400; ++i) {
    x.push_back(kSide * (i % 20 + 0.5) / 20.0);
    y.push_back(kSide * (i / 20 + 0.5) / 20.0);
  }
  const PlaceColumns place(x, y, kSide, kSide);
  NamedColumns columns;
  place.add_to(columns);
  auto at = sdk_at(map, columns, 400);
  for (std::size_t i = 0; i < 400; ++i) at.s[i] -= true_s(place.u[i], place.v[i]);
  return at.s;
}

TEST(SdkMap, FindsTheTruthWithinItsNoise) {
  for (unsigned seed = 1; seed <= 10; ++seed) {
    const auto fit = fit_sdk_map(sources_of(2000, 0, seed), kSide, kSide, {}, {});
    // Σ 1/σ² over S/N 20 to 200 is that of an error of 0.028 each; six terms of 2000 sources:
    // 0.028 √(6/2000) = 1.5e-3 rms over the frame; five of them.
    double sum = 0.0;
    for (const double e : errors_of(fit.map)) sum += e * e;
    EXPECT_LT(std::sqrt(sum / 400.0), 7.6e-3);
    // 3.4 σ rejects 0.07 % a parameter; σ follows S too, 0.55 to 1.1, which makes it a few %.
    EXPECT_GT(fit.map.n_star, 1900);
  }
}

TEST(SdkMap, IsNotPulledByHiddenBlends) {
  for (unsigned seed = 1; seed <= 10; ++seed) {
    const auto fit = fit_sdk_map(sources_of(2000, 500, seed), kSide, kSide, {}, {});
    const auto error = errors_of(fit.map);
    // Blends lower S by 5 to 60 %. Those below 3.4 σ stay: σ is 0.02 to 0.05, so up to 0.12, some
    // 13 % of the 500, 4 % of those left, 0.085 off on average: −3.5e-3; noise as above, 1.5e-3.
    const double middle = median_of_finite(error);
    EXPECT_LT(middle, 7.6e-3);
    EXPECT_GT(middle, -3.5e-3 - 7.6e-3);
  }
}

TEST(SdkMap, DoesNotDependOnTheOrderOfSources) {
  SourceList s = sources_of(300, 60, 4);
  SourceList back = s;
  for (auto* column : {&back.x_px, &back.y_px}) std::ranges::reverse(*column);
  for (auto* column : {&back.snr, &back.shape_s, &back.shape_d, &back.shape_k})
    std::ranges::reverse(*column);
  const auto a = fit_sdk_map(s, kSide, kSide, {}, {});
  const auto b = fit_sdk_map(back, kSide, kSide, {}, {});
  EXPECT_EQ(a.map.n_star, b.map.n_star);
  for (std::size_t i = 0; i < a.map.coefficient.size(); ++i)
    EXPECT_NEAR(a.map.coefficient[i], b.map.coefficient[i], 1e-12);  // sums in another order
}

}  // namespace
