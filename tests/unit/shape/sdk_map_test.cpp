// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "shape/sdk_map.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "shape/lower_terms.hpp"

using namespace skyweft;
using namespace skyweft::shape;

namespace {

/// n sources along the diagonal of a frame of 101 × 101, S = 1 + u, D = u/4, K = −0.1.
SourceList diagonal(std::int64_t n) {
  SourceList s;
  for (std::int64_t i = 0; i < n; ++i) {
    const double x = 100.0 * static_cast<double>(i) / static_cast<double>(n - 1);
    const auto u = static_cast<float>((2.0 * x + 1.0) / 101.0 - 1.0);
    s.x_px.push_back(x);
    s.y_px.push_back(static_cast<double>((i * 37) % 101));
    s.snr.push_back(100.0f);
    s.shape_s.push_back(2.0f + u);
    s.shape_d.push_back(0.25f * u);
    s.shape_k.push_back(-0.1f);
    s.flags.push_back(0);
  }
  return s;
}

TEST(SdkMap, FollowsShapesThatAreLinear) {
  const auto fit = fit_sdk_map(diagonal(40), 101, 101, {}, {});
  EXPECT_EQ(fit.map.kind, PsfKind::gaussian);
  EXPECT_EQ(fit.map.view, PsfView::prf);
  EXPECT_EQ(fit.map.terms, "O2{u,v}");
  EXPECT_EQ(fit.map.n_star, 40);
  EXPECT_TRUE(fit.map.converged);
  const std::vector<double> x{0.0, 50.0, 100.0};
  const PlaceColumns place(x, x, 101, 101);
  NamedColumns columns;
  place.add_to(columns);
  const SdkAtStars at = sdk_at(fit.map, columns, 3);
  for (std::size_t i = 0; i < 3; ++i) {
    // Shapes are floats, wrong by at most 1.2e-7 each; a quadratic of 40 points adds few of them.
    EXPECT_NEAR(at.s[i], 2.0 + place.u[i], 1e-6);
    EXPECT_NEAR(at.d[i], 0.25 * place.u[i], 1e-6);
    EXPECT_NEAR(at.k[i], -0.1, 1e-6);
  }
}

TEST(SdkMap, AtStarsGivesWidthAndForm) {
  PsfMap map;
  map.kind = PsfKind::gaussian;
  map.terms = "O1{u}";
  map.coefficient = {1.25, 0.75, 0.0, 0.0, 0.0, 1.5};  // axes² of 2 and 1/2 at u = 0
  const std::vector<double> u{0.0, 1.0, kNaN};
  NamedColumns columns;
  columns.add("u", u);
  const SdkAtStars at = sdk_at(map, columns, 3);
  EXPECT_NEAR(at.fwhm_px[0], 2.3548200450309493, 1e-14);  // √(√2 · 1/√2) = 1
  EXPECT_NEAR(at.ellipticity[0], 0.5, 1e-14);
  EXPECT_TRUE(std::isnan(at.s[1]));  // D² + K² = 2.8 > S²
  EXPECT_TRUE(std::isnan(at.fwhm_px[2]));
  EXPECT_TRUE(std::isnan(sdk_at({}, columns, 3).s[0]));
}

TEST(SdkMap, LeavesOutFlaggedFaintAndStrangeSources) {
  SourceList s = diagonal(40);
  for (const std::size_t i : {3u, 11u, 29u}) s.shape_s[i] = 0.5f;
  s.flags[3] = source_flag::blended;
  s.snr[11] = 5.0f;
  s.shape_k[29] = 4.0f;  // no ellipse
  s.shape_s[20] = kNaNf;
  s.shape_s[33] = 1.0f;  // nothing tells but its residual
  const auto fit = fit_sdk_map(s, 101, 101, {}, {});
  EXPECT_EQ(fit.n_candidate, 36);
  EXPECT_EQ(fit.map.n_star, 35);
  EXPECT_LT(fit.rms[0], 1e-6);
}

TEST(SdkMap, LowersItsTermsWhereSourcesAreFew) {
  EXPECT_EQ(fit_sdk_map(diagonal(17), 101, 101, {}, {}).map.terms, "O1{u,v}");  // 3 a term
  EXPECT_EQ(fit_sdk_map(diagonal(8), 101, 101, {}, {}).map.terms, "O0{u,v}");
  EXPECT_EQ(fit_sdk_map(diagonal(18), 101, 101, {}, {}).map.terms, "O2{u,v}");
  EXPECT_EQ(fit_sdk_map({}, 101, 101, {}, {}).map.kind, PsfKind::none);
}

TEST(SdkMap, TakesCatalogueColumnsWhereTheyAreKnown) {
  SourceList s = diagonal(40);
  std::vector<double> mag;
  for (std::size_t i = 0; i < 40; ++i) {
    mag.push_back(i % 4 == 0 ? kNaN : static_cast<double>(i % 5));
    s.shape_k[i] = 0.01f * static_cast<float>(i % 5);
  }
  NamedColumns columns;
  columns.add("mag", mag);
  const auto fit = fit_sdk_map(s, 101, 101, columns, {.terms = "O1{u,mag}"});
  EXPECT_EQ(fit.map.n_star, 30);
  EXPECT_NEAR(fit.map.coefficient[8], 0.01, 1e-7);  // ∂K/∂mag of floats below 0.05
  EXPECT_THROW(fit_sdk_map(s, 101, 101, columns, {.terms = "{u}"}), Error);
  EXPECT_THROW(fit_sdk_map(s, 101, 101, columns, {.terms = "O1{colour}"}), Error);
}

TEST(LowerTerms, TakesTheHighestOrderDownFirst) {
  EXPECT_EQ(lower_terms("O3{x,y}*O1{mag}"), "O2{x,y}*O1{mag}");
  EXPECT_EQ(lower_terms("O1{x,y}*O1{mag}"), "O0{x,y}*O1{mag}");
  EXPECT_EQ(lower_terms("O0{x,y}"), "O0{x}");
  EXPECT_EQ(lower_terms("{1,FOO2}"), "O0{x}");
  EXPECT_EQ(terms_for("O3{x,y}", 29, 3), "O2{x,y}");  // 30 points for 10 terms
  EXPECT_EQ(terms_for("O3{x,y}", 30, 3), "O3{x,y}");
  EXPECT_EQ(terms_for("O3{x,y}", 0, 3), "O0{x,y}");
}

}  // namespace
