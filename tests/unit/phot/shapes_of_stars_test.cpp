// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/shapes_of_stars.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "core/units.hpp"
#include "shape/star_shape.hpp"
#include "support/phot_psf_sky.hpp"

using namespace skyweft;
using phot::StarShapes;

namespace {

TEST(StarShapes, AreTheMapAtEachStarsTerms) {
  const PsfMap map = support::bicubic_map();
  const std::vector<double> u{0.0, 0.5, kNaN};
  const std::vector<double> v{0.0, -1.0, 0.0};
  NamedColumns columns;
  columns.add("u", u);
  columns.add("v", v);
  const StarShapes shapes(map, columns, 3);
  EXPECT_EQ(shapes.n_star(), 3);
  EXPECT_FALSE(shapes.is_common());
  StarShape scratch;
  EXPECT_EQ(shapes.at(1, scratch), shape::shape_of(map, std::vector<double>{1.0, 0.5, -1.0}));
  EXPECT_TRUE(shapes.at(2, scratch).empty());
  EXPECT_EQ(shapes.terms(1)[2], -1.0);
}

TEST(StarShapes, OfOneTermAreHeldOnce) {
  const StarShapes shapes(support::gaussian_map(2.5), {}, 2);
  EXPECT_TRUE(shapes.is_common());
  StarShape scratch;
  EXPECT_EQ(&shapes.at(0, scratch), &shapes.at(1, scratch));
  EXPECT_TRUE(scratch.empty());
  EXPECT_FALSE(shapes.at(0, scratch).empty());
}

TEST(StarShapes, OfNoMapAreEmpty) {
  const StarShapes shapes(PsfMap{}, {}, 2);
  StarShape scratch;
  EXPECT_TRUE(shapes.empty());
  EXPECT_TRUE(shapes.at(1, scratch).empty());
  EXPECT_TRUE(shapes.terms(1).empty());
}

TEST(StarShapes, RefuseAMapThatDoesNotFitItsTerms) {
  PsfMap map = support::bicubic_map();
  map.terms = "O2{u, v}";
  NamedColumns columns;
  const std::vector<double> u{0.0};
  columns.add("u", u);
  columns.add("v", u);
  try {
    const StarShapes shapes(map, columns, 1);
    FAIL() << "accepted";
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Errc::bad_input);
    ASSERT_TRUE(e.test().has_value());
    EXPECT_EQ(e.test()->name, "psf_terms");
    EXPECT_EQ(e.test()->measured, 3.0);
    EXPECT_EQ(e.test()->threshold, 6.0);
  }
  map = support::bicubic_map();
  EXPECT_THROW(StarShapes(map, {}, 1), Error);
}

}  // namespace
