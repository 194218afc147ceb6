// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/magfit_file.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "io/h5.hpp"
#include "io/reference_file.hpp"
#include "support/io_store.hpp"

namespace skyweft::io {
namespace {

using support::ScratchFolder;
using support::test_stamp;

MagfitTable some_table() {
  MagfitTable t;
  t.group = {"wide/r", "narrow/r"};
  t.reference_frame_id = {11, 12};
  t.rounds = {3, 5};
  t.converged = {1, 0};
  t.frame_id = {10, 11, 12};
  t.group_of_frame = {0, 0, 1};
  t.excluded = {1, 0, 0};
  t.terms = {"O1{x}", "O0{x}"};
  t.split = "floor(x/1024)";
  t.aperture_radius_px = {2.5};
  t.n_part = 2;
  t.n_term = 2;
  t.rms_mag = {0.1, 0.2, 0.3};
  t.zero_shift_mag = {-1.0, 0.0, 0.5};
  t.part = {0, 1, 0, 1, 0, 1};
  t.level = {0, 0, 1, -1, 0, 0};
  t.n_used = {20, 21, 4, 0, 30, 31};
  for (int i = 0; i < 12; ++i) t.coefficient.push_back(0.25 * i);
  t.low.assign(18, 1.0);
  t.high.assign(18, 2.0);
  t.group_terms = "O1{mag}";
  t.n_group_term = 2;
  t.group_coefficient = {0.0, 0.0, 0.1, -0.2};
  t.anchor_mag = {3.25};
  return t;
}

TEST(MagfitFile, ReadsBackWhatWasWritten) {
  const ScratchFolder folder{"magfit_file"};
  write_magfit_table(folder / "magfit.h5", some_table(), test_stamp());
  EXPECT_EQ(read_magfit_table(folder / "magfit.h5"), some_table());
  EXPECT_EQ(H5File::open(folder / "magfit.h5").attribute("coefficient", "units"), "1");
}

TEST(MagfitFile, RefusesColumnsOfAnotherShapeAndMissingOnes) {
  const ScratchFolder folder{"magfit_file_bad"};
  MagfitTable t = some_table();
  t.coefficient.pop_back();
  EXPECT_THROW(write_magfit_table(folder / "magfit.h5", t, test_stamp()), Error);
  EXPECT_THROW(read_magfit_table(folder / "magfit.h5"), Error);  // nothing was left behind
  write_reference_table(folder / "other.h5", {}, test_stamp());
  EXPECT_THROW(read_magfit_table(folder / "other.h5"), Error);
}

TEST(ReferenceFile, ReadsBackWhatWasWritten) {
  const ScratchFolder folder{"reference_file"};
  const ReferenceTable t{.group = {"all"},
                         .aperture_radius_px = {1.5, 0.0},
                         .star_id = {7, 8, 9},
                         .mag = {10, 11, 12, 13, 14, 15},
                         .mag_err = {1e-3, 2e-3, 3e-3, 4e-3, 5e-3, 6e-3},
                         .scatter_mag = {0.01, 0.02, 0.03, 0.04, 0.05, 0.06},
                         .n_points = {9, 9, 9, 8, 8, 1},
                         .used = {1, 1, 1, 0, 1, 0}};
  write_reference_table(folder / "references.h5", t, test_stamp());
  EXPECT_EQ(read_reference_table(folder / "references.h5"), t);
}

}  // namespace
}  // namespace skyweft::io
