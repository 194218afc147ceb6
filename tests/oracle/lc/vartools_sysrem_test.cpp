// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
// labels: realdata
// "-SYSREM example 1" of VARTOOLS against the trends and models its authors publish. Their three
// trends are three estimates of one effect (each is, at every frame, the SysRem quotient of one set
// of coefficients), made with one weight per star, 1/variance; the models are the fit of all three
// with equal weights. So each step is compared by itself, and the converged effect with their
// spread.
#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "lc/sysrem.hpp"
#include "support/real_data.hpp"

namespace skyweft::lc {
namespace {

constexpr std::size_t kStars = 7;
constexpr std::size_t kTrends = 3;
constexpr std::array<const char*, kStars> kName{"4", "5", "6", "7", "8", "9", "10"};
constexpr std::array<double, kStars> kMean_mag{10.35130, 10.43976, 10.52774, 10.56988,
                                               10.61160, 10.73148, 10.87792};
constexpr std::array<double, kStars> kRms_mag{0.00087, 0.00177, 0.00104, 0.00239,
                                              0.00178, 0.00124, 0.00105};
constexpr std::array<double, kStars> kRmsOfAll_mag{0.00116, 0.00197, 0.00115, 0.00254,
                                                   0.00181, 0.00142, 0.00120};
constexpr double kTrendDigit = 1e-6;  // last digit of trends and models
constexpr double kTableDigit = 1e-5;  // of the printed table

std::filesystem::path folder() {
  return support::real_data_dir() / "vartools";
}

std::vector<std::vector<double>> read_table(const std::filesystem::path& path, std::size_t n) {
  std::ifstream file{path};
  std::vector<std::vector<double>> rows;
  std::vector<double> row(n);
  const auto read_row = [&] {
    for (double& v : row)
      if (!(file >> v)) return false;
    return true;
  };
  while (read_row()) rows.push_back(row);
  return rows;
}

double deviation(std::span<const double> values) {
  double mean = 0.0;
  for (const double v : values) mean += v;
  mean /= static_cast<double>(values.size());
  double sum = 0.0;
  for (const double v : values) sum += (v - mean) * (v - mean);
  return std::sqrt(sum / static_cast<double>(values.size()));
}

std::vector<double> normalised(std::vector<double> values) {
  const double scale = deviation(values);
  double mean = 0.0;
  for (const double v : values) mean += v;
  mean /= static_cast<double>(values.size());
  for (double& v : values) v = (v - mean) / scale;
  return values;
}

class VartoolsSysrem : public testing::Test {
 protected:
  void SetUp() override {
    SKYWEFT_NEEDS(folder() / "published");
    std::map<std::int64_t, std::size_t> frame;
    for (const auto& row : read_table(folder() / "published/sysrem.trends", 1 + kTrends)) {
      frame.emplace(std::llround(row[0] * 1e5), n_frame_++);
      for (std::size_t k = 0; k < kTrends; ++k) trend_[k].push_back(row[1 + k]);
    }
    for (std::size_t s = 0; s < kStars; ++s) {
      mag_[s].assign(n_frame_, NAN);
      model_[s].assign(n_frame_, NAN);
      kept_[s].assign(n_frame_, 0.0);
      for (const auto& row : read_table(folder() / kName[s], 3)) {
        const auto it = frame.find(std::llround(row[0] * 1e5));
        if (it == frame.end())
          elsewhere_[s].push_back(row[1]);
        else
          mag_[s][it->second] = row[1];
      }
      const std::string file = std::string{kName[s]} + ".sysrem.model";
      for (const auto& row : read_table(folder() / "published" / file, 5)) {
        const std::size_t f = frame.at(std::llround(row[0] * 1e5));
        model_[s][f] = row[2];
        kept_[s][f] = row[4];
      }
    }
  }

  /// Residuals of kept points from their mean, weighted by 1/variance.
  ResidualBlock block() const {
    ResidualBlock out{.n_star = kStars,
                      .n_frame = static_cast<std::int64_t>(n_frame_),
                      .residual_mag = {},
                      .weight = {}};
    for (std::size_t s = 0; s < kStars; ++s) {
      double mean = 0.0;
      std::vector<double> values;
      for (std::size_t f = 0; f < n_frame_; ++f)
        if (kept_[s][f] > 0.0) values.push_back(mag_[s][f]);
      for (const double v : values) mean += v;
      mean /= static_cast<double>(values.size());
      const double weight = 1.0 / (deviation(values) * deviation(values));
      for (std::size_t f = 0; f < n_frame_; ++f) {
        const bool is_kept = kept_[s][f] > 0.0;
        out.residual_mag.push_back(is_kept ? static_cast<float>(mag_[s][f] - mean) : 0.0F);
        out.weight.push_back(is_kept ? static_cast<float>(weight) : 0.0F);
      }
    }
    return out;
  }

  /// The published trends' model of a star, with its coefficients.
  std::vector<double> modelled(std::size_t s, double& sum_of_coefficients) const {
    std::vector<double> weight(n_frame_, 0.0);
    std::vector<double> target(n_frame_, 0.0);
    for (std::size_t f = 0; f < n_frame_; ++f) {
      if (!std::isfinite(mag_[s][f])) continue;
      weight[f] = 1.0;
      target[f] = mag_[s][f] - kMean_mag[s];
    }
    const auto c = fit_columns(target, weight, trend_);
    std::vector<double> out(n_frame_, kMean_mag[s]);
    for (std::size_t f = 0; f < n_frame_; ++f)
      for (std::size_t k = 0; k < kTrends; ++k) out[f] += c[k] * trend_[k][f];
    sum_of_coefficients = 0.0;
    for (const double one : c) sum_of_coefficients += std::abs(one);
    return out;
  }

  std::size_t n_frame_ = 0;
  std::array<std::vector<double>, kTrends> trend_;
  std::array<std::vector<double>, kStars> mag_;
  std::array<std::vector<double>, kStars> model_;
  std::array<std::vector<double>, kStars> kept_;       ///< 1 where their clipping kept the point
  std::array<std::vector<double>, kStars> elsewhere_;  ///< magnitudes in frames without a trend
};

TEST_F(VartoolsSysrem, TrendIsTheQuotientOfSumsAlsoInFramesWithMissingStars) {
  const ResidualBlock stars = block();
  // The coefficients behind the first trend: where all stars are present it is one linear
  // combination of their residuals, Σ x_i r_i with x_i proportional to c_i w_i.
  std::vector<double> complete(n_frame_, 1.0);
  std::vector<double> variance(kStars, 0.0);
  std::vector<std::vector<double>> columns(kStars + 1, std::vector<double>(n_frame_, 1.0));
  for (std::size_t s = 0; s < kStars; ++s)
    for (std::size_t f = 0; f < n_frame_; ++f) {
      const double w = static_cast<double>(stars.weight[s * n_frame_ + f]);
      columns[s][f] = static_cast<double>(stars.residual_mag[s * n_frame_ + f]);
      if (w == 0.0)
        complete[f] = 0.0;
      else
        variance[s] = 1.0 / w;
    }
  const auto x = fit_columns(trend_[0], complete, columns);
  std::vector<double> coefficient;
  for (std::size_t s = 0; s < kStars; ++s) coefficient.push_back(x[s] * variance[s]);
  std::vector<double> sums(2 * n_frame_, 0.0);
  add_effect_sums_of(stars, coefficient, sums);
  const auto effect = normalised(effect_of(sums));
  std::size_t n_incomplete = 0;
  for (std::size_t f = 0; f < n_frame_; ++f) {
    // Half a digit of rounding, and as much for what it does to the coefficients and the scale.
    EXPECT_NEAR(effect[f], trend_[0][f], kTrendDigit) << "frame " << f;
    n_incomplete += complete[f] == 0.0;
  }
  EXPECT_GT(n_incomplete, 500u);
}

TEST_F(VartoolsSysrem, ModelsAreTheJointFitOfTheTrends) {
  for (std::size_t s = 0; s < kStars; ++s) {
    double size = 0.0;
    const auto model = modelled(s, size);
    for (std::size_t f = 0; f < n_frame_; ++f) {
      if (!std::isfinite(model_[s][f])) continue;
      // Rounding of model and trends; the mean is printed to half of 1e-5, which comes in directly
      // and through the coefficients.
      EXPECT_NEAR(model[f], model_[s][f], 0.5 * kTrendDigit * (1.0 + size) + kTableDigit)
          << "star " << kName[s] << " frame " << f;
    }
  }
}

TEST_F(VartoolsSysrem, ResidualsHaveThePublishedRms) {
  for (std::size_t s = 0; s < kStars; ++s) {
    double size = 0.0;
    const auto model = modelled(s, size);
    std::vector<double> kept;
    std::vector<double> all = elsewhere_[s];
    for (std::size_t f = 0; f < n_frame_; ++f) {
      if (!std::isfinite(mag_[s][f])) continue;
      all.push_back(mag_[s][f] - (model[f] - kMean_mag[s]));
      if (kept_[s][f] > 0.0) kept.push_back(all.back());
    }
    EXPECT_NEAR(deviation(kept), kRms_mag[s], 0.5 * kTableDigit + kTrendDigit) << kName[s];
    EXPECT_NEAR(deviation(all), kRmsOfAll_mag[s], 0.5 * kTableDigit + kTrendDigit) << kName[s];
  }
}

TEST_F(VartoolsSysrem, ConvergedEffectLiesAmongThePublishedTrends) {
  const auto distance = [&](const std::vector<double>& a, const std::vector<double>& b) {
    double minus = 0.0;
    double plus = 0.0;
    for (std::size_t f = 0; f < n_frame_; ++f) {
      minus += (a[f] - b[f]) * (a[f] - b[f]);
      plus += (a[f] + b[f]) * (a[f] + b[f]);
    }
    return std::sqrt(std::min(minus, plus) / static_cast<double>(n_frame_));
  };
  double spread = 0.0;
  for (std::size_t k = 0; k < kTrends; ++k)
    for (std::size_t j = 0; j < k; ++j) spread = std::max(spread, distance(trend_[k], trend_[j]));
  ResidualBlock once = block();
  const auto found = find_effects(once, {.effects = 1});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_TRUE(found[0].converged);
  const auto effect = normalised(found[0].effect);
  for (std::size_t k = 0; k < kTrends; ++k) EXPECT_LT(distance(effect, trend_[k]), spread) << k;
  // Three effects explain more than three estimates of one.
  ResidualBlock stars = block();
  ASSERT_EQ(find_effects(stars, {.effects = 3}).size(), kTrends);
  double left = 0.0;
  double left_by_them = 0.0;
  for (std::size_t s = 0; s < kStars; ++s)
    for (std::size_t f = 0; f < n_frame_; ++f) {
      if (!(kept_[s][f] > 0.0)) continue;
      const double w = static_cast<double>(stars.weight[s * n_frame_ + f]);
      const double r = static_cast<double>(stars.residual_mag[s * n_frame_ + f]);
      left += w * r * r;
      left_by_them += w * (mag_[s][f] - model_[s][f]) * (mag_[s][f] - model_[s][f]);
    }
  EXPECT_LT(left, left_by_them);
}

}  // namespace
}  // namespace skyweft::lc
