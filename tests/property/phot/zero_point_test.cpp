// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/zero_point.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <Eigen/Dense>
#include <gtest/gtest.h>

#include "core/units.hpp"
#include "phot/zero_point_fit.hpp"
#include "support/phot_zero_stars.hpp"

using namespace skyweft;
using namespace skyweft::phot;

namespace {

struct Pulls {
  std::vector<double> value;
  double mean() const {
    return std::accumulate(value.begin(), value.end(), 0.0) / static_cast<double>(value.size());
  }
  double sigma() const {
    double sum = 0.0;
    for (const double p : value) sum += (p - mean()) * (p - mean());
    return std::sqrt(sum / static_cast<double>(value.size() - 1));
  }
};

}  // namespace

// Four sigma of mean and standard deviation over the seeds. s₀ comes from some 200 stars, which
// widens Gaussian pulls by 1/n (Student), 0.5 %.
TEST(ZeroPoint, IsRecoveredWithinItsErrors) {
  constexpr int kSeeds = 250;
  const support::ZeroTruth truth{.colour = -0.12, .u = 0.03, .v = -0.02};
  Pulls zero, colour, u, v, s0;
  for (int seed = 0; seed < kSeeds; ++seed) {
    const auto sky = support::zero_sky(200, truth, static_cast<std::uint64_t>(1000 + seed));
    const ZeroPoint z = fit_zero_point(sky.stars(), {.colour_order = 2, .position_order = 1});
    ASSERT_EQ(z.position_order, 1) << seed;
    ASSERT_GE(z.colour_order, 1) << seed;
    if (z.colour_order == 2) continue;  // seldom: see the next test
    zero.value.push_back((z.zero_point - truth.at(z.colour_zero, 0.0, 0.0)) / z.zero_point_err);
    colour.value.push_back((z.colour[0] + 0.12) / z.colour_err[0]);
    u.value.push_back((z.position[0] - 0.03) / z.position_err[0]);
    v.value.push_back((z.position[1] + 0.02) / z.position_err[1]);
    s0.value.push_back(z.intrinsic_mag);
    EXPECT_GT(z.held_out_constant_mag, z.held_out_mag);
  }
  const double n = static_cast<double>(zero.value.size());
  EXPECT_GT(n, 0.95 * kSeeds);
  for (const Pulls* p : {&zero, &colour, &u, &v}) {
    EXPECT_NEAR(p->mean(), 0.0, 4.0 / std::sqrt(n));
    EXPECT_NEAR(p->sigma(), 1.0, 4.0 / std::sqrt(2.0 * n) + 0.005);
  }
  // Stars with errors below s₀ (about 60 of 200) know it to 1/√120; the mean is biased by less
  // than half the variance of that, 0.5 %.
  EXPECT_NEAR(s0.mean(), 0.01, 0.01 * (4.0 / std::sqrt(120.0 * n) + 0.005));
}

// A term that is not there gets z² ~ χ²_k from all stars and q ~ χ²_9k/10 from how the ten folds
// differ. With f = 0.9 the gain of stars left out is z² − q (2/f + 1/10f²), its standard error
// 2 √(z² + q/10f²). That the gain is above the error then has, integrated over both, these
// probabilities for k = 1 … 7; 400 stars are near enough to that limit of many. Binomial four sigma
// above the sum over the candidates (k = 2 stands for C² and for u, v).
TEST(ZeroPoint, SeldomTakesATermThatIsNotThere) {
  constexpr double kChance[]{0.0077, 0.0068, 0.0053, 0.0039, 0.0030, 0.0023, 0.0017};
  const double any = std::accumulate(std::begin(kChance), std::end(kChance), kChance[1]);
  const auto too_many = [](int n, double chance) {
    return n * chance + 4.0 * std::sqrt(n * chance);
  };
  int n_colour = 0;
  for (std::uint64_t seed = 0; seed < 600; ++seed)
    n_colour +=
        fit_zero_point(support::zero_sky(400, {}, 5000 + seed).stars(), {}).colour_order > 0;
  int n_any = 0;
  for (std::uint64_t seed = 0; seed < 120; ++seed) {
    const ZeroPoint z = fit_zero_point(support::zero_sky(400, {}, 7000 + seed).stars(),
                                       {.colour_order = 2, .position_order = 2});
    n_any += z.colour_order + z.position_order > 0;
  }
  RecordProperty("colour", n_colour);
  RecordProperty("any", n_any);
  EXPECT_LE(n_colour, too_many(600, kChance[0]));
  EXPECT_LE(n_any, too_many(120, any));
}

TEST(ZeroPoint, TakesCurvatureThatIsThere) {
  // 0.04 C'² and 0.05 u² among 300 stars of 20 mmag: 0.04·0.4²·√2·√300/0.02 ≈ 8 sigma and more.
  const support::ZeroTruth truth{.colour = 0.1, .colour2 = 0.04, .uu = 0.05};
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const auto sky = support::zero_sky(300, truth, 70 + seed);
    const ZeroPoint z = fit_zero_point(sky.stars(), {.colour_order = 2, .position_order = 2});
    EXPECT_EQ(z.colour_order, 2) << seed;
    EXPECT_EQ(z.position_order, 2) << seed;
    const double d = 1.5 - truth.colour_zero;
    const double expected = truth.zero_point + 0.1 * d + 0.04 * d * d + 0.05 * 0.49;
    EXPECT_NEAR(apply(z, 0.0, 1.5, 0.7, 0.1), expected, 5.0 * apply_error(z, 1.5, 0.7, 0.1));
  }
}

// All outliers are 20 sigma and more away, so the fit must be that of the others; s₀ settles to
// 1e-6 of its square, the zero point to far less than 1e-4 of its error.
TEST(ZeroPoint, IgnoresOutliersFarAway) {
  for (const int one_in : {10, 4}) {
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
      support::ZeroSky sky = support::zero_sky(200, {.colour = 0.2}, 300 + seed);
      support::ZeroSky clean = sky;
      for (std::size_t i = 0; i < 200; i += static_cast<std::size_t>(one_in)) {
        sky.instrumental[i] += 1.0 + 0.01 * static_cast<double>(i);
        clean.usable[i] = 0;
      }
      const ZeroPoint with = fit_zero_point(sky.stars(), {});
      const ZeroPoint without = fit_zero_point(clean.stars(), {});
      ASSERT_EQ(with.n_used, without.n_used) << one_in << ' ' << seed;
      ASSERT_EQ(with.colour_order, 1);
      const double shift = with.colour[0] * (with.colour_zero - without.colour_zero);
      EXPECT_NEAR(with.zero_point - shift, without.zero_point, 1e-4 * without.zero_point_err);
      EXPECT_NEAR(with.colour[0], without.colour[0], 1e-4 * without.colour_err[0]);
    }
  }
}

// An outlier that is kept is within clip_sigma · σ', σ'² = σ² + s₀². With Σ w o over Σ w and w =
// 1/σ'², a tenth of the stars shifts the mean by at most max over them of 4 w σ' / Σ w, that is
// Σ_out 4/σ' / Σ 1/σ'²; beside it five errors.
TEST(ZeroPoint, IsMovedLittleByOutliersOfAnySize) {
  std::mt19937_64 random{9};
  std::uniform_real_distribution<double> uniform{0.0, 1.0};
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    support::ZeroSky sky = support::zero_sky(200, {}, 800 + seed);
    for (std::size_t i = 0; i < 200; i += 10) sky.instrumental[i] += 0.5 * uniform(random);
    const ZeroPoint z = fit_zero_point(sky.stars(), {.colour_order = 0});
    double out = 0.0, all = 0.0;
    for (std::size_t i = 0; i < 200; ++i) {
      const double sigma = std::hypot(sky.err[i], z.intrinsic_mag);
      if (i % 10 == 0) out += 4.0 / sigma;
      all += 1.0 / (sigma * sigma);
    }
    EXPECT_NEAR(z.zero_point, 22.3, out / all + 5.0 * z.zero_point_err) << seed;
  }
}

// The slow twin: Householder QR of the rows kept, weighted by 1/√(σ² + s₀²). Numbers of 20 in
// sums of 300 with a condition below 100 agree to 1e-11.
TEST(ZeroPointFitter, AgreesWithQr) {
  const auto sky = support::zero_sky(300, {.colour = -0.1, .u = 0.05}, 4);
  ZeroPointSample sample;
  for (std::size_t i = 0; i < 300; ++i) {
    sample.y.push_back(sky.catalog[i] - sky.instrumental[i]);
    sample.err2.push_back(sky.err[i] * sky.err[i]);
    sample.colour.push_back(sky.colour[i] - 0.8);
    sample.u.push_back(sky.u[i]);
    sample.v.push_back(sky.v[i]);
  }
  std::vector<std::size_t> rows(300);
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  const ZeroPointOrders orders{2, 2};
  const auto fit = ZeroPointFitter{sample, orders}.fit(rows, 4.0);
  ASSERT_TRUE(fit);
  const auto n = static_cast<Eigen::Index>(fit->kept.size());
  Eigen::MatrixXd a(n, orders.n_terms());
  Eigen::VectorXd b(n);
  double chi2 = 0.0;
  for (Eigen::Index r = 0; r < n; ++r) {
    const std::size_t i = fit->kept[static_cast<std::size_t>(r)];
    const double w = 1.0 / std::sqrt(sample.err2[i] + fit->s0_2);
    a.row(r) = w * zero_point_terms(orders, sample.colour[i], sample.u[i], sample.v[i]).transpose();
    b[r] = w * sample.y[i];
    chi2 += w * w * fit->left[i] * fit->left[i];
  }
  const Eigen::VectorXd twin = a.colPivHouseholderQr().solve(b);
  // s₀ stands still to 1e-6 of itself, which moves a coefficient by some 1e-6 of its error.
  for (Eigen::Index k = 0; k < twin.size(); ++k)
    EXPECT_NEAR(fit->coefficient[k], twin[k], 1e-11 + 1e-5 * std::sqrt(fit->covariance(k, k)));
  const Eigen::MatrixXd inverse = (a.transpose() * a).inverse();
  EXPECT_LT((fit->covariance - inverse).cwiseAbs().maxCoeff(), 1e-5 * inverse.maxCoeff());
  EXPECT_NEAR(chi2, static_cast<double>(n - orders.n_terms()), 1e-3);
}

// Columns of nonsense: a zero point that holds together, or none.
TEST(ZeroPoint, SurvivesAnything) {
  constexpr double kInfinite = std::numeric_limits<double>::infinity();
  const std::vector<double> words{kNaN,   kInfinite, -kInfinite, 0.0,  1.0,  -1.0, 1e300, -1e300,
                                  1e-300, 12.0,      13.0,       1e-3, 22.0, 0.5,  1e5,   1e-9};
  std::mt19937_64 random{12};
  int n_valid = 0;
  for (int trial = 0; trial < 1000; ++trial) {
    support::ZeroSky sky =
        support::zero_sky(10 + trial % 60, {}, static_cast<std::uint64_t>(trial));
    const std::size_t every = 1 + random() % 12;
    for (auto* column : {&sky.instrumental, &sky.err, &sky.catalog, &sky.colour, &sky.u, &sky.v})
      for (double& one : *column)
        if (random() % every == 0) one = words[random() % words.size()];
    const ZeroPoint z =
        fit_zero_point(sky.stars(), {.colour_order = trial % 3, .position_order = (trial / 3) % 3});
    const bool is_known = std::isfinite(z.zero_point);
    n_valid += is_known ? 1 : 0;
    EXPECT_EQ(z.valid(), is_known);
    EXPECT_LE(z.n_used, z.n_candidate);
    if (!is_known) continue;
    EXPECT_TRUE(std::isfinite(z.zero_point_err) && z.zero_point_err > 0.0);
    EXPECT_TRUE(std::isfinite(z.scatter_mag) && std::isfinite(z.intrinsic_mag));
    EXPECT_EQ(z.colour.size(), static_cast<std::size_t>(z.colour_order));
    EXPECT_TRUE(std::isfinite(apply_error(z, 0.7, 0.1, 0.2)));
    EXPECT_TRUE(std::isfinite(apply(z, 1.0, kNaN, 0.1, 0.2)));
  }
  EXPECT_GT(n_valid, 100);
}
