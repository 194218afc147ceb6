// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "core/lsq.hpp"
#include "lc/magfit.hpp"
#include "lc/magfit_terms.hpp"
#include "lc/reference.hpp"

namespace skyweft::lc {
namespace {

/// One frame of many stars with noise, outliers, stars that are not there and a wide range of
/// everything.
struct Frame {
  std::vector<float> mag, mag_err, x, y;
  std::vector<double> star_mag, colour;
  std::vector<QualityBits> quality;
  Reference reference;

  Frame(std::size_t n, unsigned seed, double outliers) {
    std::mt19937_64 random{seed};
    std::normal_distribution<double> gauss;
    std::uniform_real_distribution<double> flat{0.0, 1.0};
    for (std::size_t i = 0; i < n; ++i) {
      star_mag.push_back(8.0 + 6.0 * flat(random));
      colour.push_back(0.7 + 0.3 * gauss(random));
      x.push_back(static_cast<float>(4096.0 * flat(random)));
      y.push_back(static_cast<float>(4096.0 * flat(random)));
      const double u = static_cast<double>(x[i]) / 2048.0 - 1.0;
      const double sigma = 0.003 + 0.03 * flat(random);
      double m = star_mag[i] + 0.4 + 0.1 * u * u * u + 0.02 * u * (star_mag[i] - 11.0) +
                 0.03 * colour[i] + sigma * gauss(random);
      if (flat(random) < outliers) m += flat(random) - 0.5;
      mag.push_back(flat(random) < 0.03 ? NAN : static_cast<float>(m));
      mag_err.push_back(static_cast<float>(sigma));
      quality.push_back(flat(random) < 0.02 ? quality::saturated : 0);
      reference.mag.push_back(star_mag[i]);
      reference.err.push_back(0.001);
      reference.used.push_back(flat(random) < 0.05 ? 0 : 1);
    }
  }
  NamedColumns columns() const {
    NamedColumns out;
    out.add("mag", star_mag);
    out.add("colour", colour);
    return out;
  }
};

TEST(MagfitFit, IsThatOfQrDecompositionWithRejection) {
  const std::vector<std::string> all_terms{
      "O3{x,y,mag}", "O2{x,y} + O1{mag} + O1{colour}",       "O2{x,y}*O1{mag}", "{x} + {y} + {mag}",
      "O0{x}",       "O4{x,y} + O1{x%1,y%1} + {sin(2*pi*x)}"};
  unsigned seed = 1;
  for (const double outliers : {0.0, 0.02, 0.3})
    for (const std::string& text : all_terms) {
      const Frame at{3000, seed++, outliers};
      const MagfitConfig config{.terms = {text}};
      const FrameSlice slice{at.mag, at.mag_err, at.x, at.y, at.quality};
      const FrameFit fit =
          fit_frame(slice, at.columns(), at.star_mag, at.reference, magfit_model(config), config);
      ASSERT_TRUE(fit.ok()) << text;
      // The slow way: QR over the terms as written, with x, y and mag brought near 1 by hand so
      // that it is exact, too.
      const Terms terms = Terms::parse(text);
      const std::vector<double> x(at.x.begin(), at.x.end());
      const std::vector<double> y(at.y.begin(), at.y.end());
      NamedColumns columns = at.columns();
      columns.add("x", x);
      columns.add("y", y);
      const ScaledTerms scaled{terms, columns, 3000};
      Eigen::MatrixXd design(3000, terms.n_term());
      for (Eigen::Index k = 0; k < design.cols(); ++k)
        for (Eigen::Index i = 0; i < 3000; ++i) design(i, k) = scaled.value(i, k);
      std::vector<double> target(3000, 0.0);
      std::vector<double> weight(3000, 0.0);
      for (std::size_t i = 0; i < 3000; ++i) {
        if (at.reference.used[i] == 0 || at.quality[i] != 0 || !std::isfinite(at.mag[i]) ||
            at.mag_err[i] > 0.05F)
          continue;
        target[i] = at.reference.mag[i] - static_cast<double>(at.mag[i]);
        weight[i] = 1.0 / (static_cast<double>(at.mag_err[i]) + config.noise_offset_mag);
      }
      const LinearFit slow = fit_linear_clipped(
          design, target, weight, {.reject_level = config.reject, .max_rounds = config.max_rounds});
      EXPECT_EQ(fit.n_used, slow.n_used) << text << ' ' << outliers;
      // Normal equations lose the square of the terms' condition, below 1e4 when scaled, of 1e-16:
      // 1e-8 of corrections of about one magnitude.
      EXPECT_NEAR(fit.rms_mag, slow.residual_rms, 1e-8);
      const Eigen::VectorXd expected = design * slow.coefficients;
      const Eigen::MatrixXd written = columns.design(terms, 3000);
      const Eigen::Map<const Eigen::VectorXd> coefficients{fit.parts[0].coefficients.data(),
                                                           terms.n_term()};
      EXPECT_LT((written * coefficients - expected).cwiseAbs().maxCoeff(), 1e-8) << text;
    }
}

TEST(MagfitFit, TakesManyOutlyingStarsOutAsWellAsFew) {
  // More than an eighth rejected in one round: the sums are made anew instead of taken down.
  Frame at{2000, 77, 0.0};
  for (std::size_t i = 0; i < 2000; ++i)
    if (i % 6 == 0) at.mag[i] += 3.0F;
  // They pull the mean by 0.5 mag, which is then the median residual; theirs are 2.5 mag.
  const MagfitConfig config{
      .terms = {"O1{x,y}"}, .error_average = "median", .reject = 4.0, .max_rounds = 1};
  const FrameSlice slice{at.mag, at.mag_err, at.x, at.y, at.quality};
  const FrameFit fit =
      fit_frame(slice, at.columns(), at.star_mag, at.reference, magfit_model(config), config);
  std::int64_t n_good = 0;
  for (std::size_t i = 0; i < 2000; ++i)
    n_good +=
        i % 6 != 0 && at.reference.used[i] != 0 && at.quality[i] == 0 && std::isfinite(at.mag[i])
            ? 1
            : 0;
  EXPECT_EQ(fit.n_used, n_good);
}

TEST(ScaledTerms, WriteCoefficientsForTheTermsAsTheyStand) {
  std::mt19937_64 random{5};
  std::normal_distribution<double> gauss;
  const std::vector<std::string> all_terms{"O3{x,y,mag}", "{x,y}", "O2{x}*O1{mag}",
                                           "{x}*O2{y} + O1{mag}", "O0{x} + {x*x}"};
  for (const std::string& text : all_terms) {
    const Frame at{500, 9, 0.0};
    const std::vector<double> x(at.x.begin(), at.x.end());
    const std::vector<double> y(at.y.begin(), at.y.end());
    NamedColumns columns = at.columns();
    columns.add("x", x);
    columns.add("y", y);
    const Terms terms = Terms::parse(text);
    const ScaledTerms scaled{terms, columns, 500};
    std::vector<double> c;
    for (std::int64_t k = 0; k < terms.n_term(); ++k) c.push_back(gauss(random));
    const std::vector<double> written = scaled.as_written(c);
    const Eigen::MatrixXd design = columns.design(terms, 500);
    for (Eigen::Index i = 0; i < 500; ++i) {
      double expected = 0.0;
      double direct = 0.0;
      for (Eigen::Index k = 0; k < design.cols(); ++k) {
        EXPECT_LE(std::abs(scaled.value(i, k)), 1.0 + 1e-15);
        expected += c[static_cast<std::size_t>(k)] * scaled.value(i, k);
        direct += written[static_cast<std::size_t>(k)] * design(i, k);
      }
      // Cubes of (mag − 11)/3: terms up to (14/3)³ = 100 and 20 of them cancel, times 1e-16.
      EXPECT_NEAR(direct, expected, 1e-12) << text;
    }
  }
}

}  // namespace
}  // namespace skyweft::lc
