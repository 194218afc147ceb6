// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/psf_map_file.hpp"

#include <cmath>
#include <functional>
#include <string>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "io/files.hpp"
#include "io/h5.hpp"
#include "support/io_store.hpp"

namespace skyweft::io {
namespace {

using support::ScratchFolder;
using support::test_stamp;

PsfMap bicubic_map() {
  PsfMap map;
  map.kind = PsfKind::bicubic;
  map.view = PsfView::prf;
  map.terms = "O1{x, y}";
  map.x_node_px = {-5.0, -1.0 / 3.0, 0.1, 4.0};
  map.y_node_px = {-4.0, 0.0, 4.0};
  for (int i = 0; i < 3 * 8; ++i) map.coefficient.push_back(1.0 / (3.0 + i));
  map.n_star = 1234;
  map.n_pixel = 5'000'000'000;
  map.rounds = 7;
  map.converged = true;
  map.chi2_dof = 1.0 / 7.0;
  return map;
}

TEST(PsfMapFile, ReadsBackBitForBit) {
  const ScratchFolder folder{"psf_map"};
  PsfMap gaussian;
  gaussian.kind = PsfKind::gaussian;
  gaussian.coefficient = {1.0, 0.1, -0.2};
  gaussian.chi2_dof = 2.0;
  PsfMap moffat;
  moffat.kind = PsfKind::moffat;
  moffat.terms = "O1{x, y, \u0394}";
  moffat.coefficient = {1.0, 0.1, -0.2, 3.0, 1e-300, 0.0, -0.0, 0.5};
  moffat.chi2_dof = 0.9;
  PsfMap none;
  none.terms.clear();
  none.chi2_dof = 1.0;
  for (const PsfMap& map : {bicubic_map(), gaussian, moffat, none}) {
    write_psf_map(folder / "map.h5", map, test_stamp());
    EXPECT_EQ(read_psf_map(folder / "map.h5"), map);
  }
}

TEST(PsfMapFile, KeepsThatTheFitWasNotJudged) {
  const ScratchFolder folder{"psf_map_nan"};
  PsfMap map = bicubic_map();
  map.chi2_dof = kNaN;
  write_psf_map(folder / "map.h5", map, test_stamp());
  EXPECT_TRUE(std::isnan(read_psf_map(folder / "map.h5").chi2_dof));
}

TEST(PsfMapFile, HoldsPictures) {
  const ScratchFolder folder{"psf_map_stamps"};
  PsfStamps stamps{0.25, {10.0, 20.0}, {5.0, 6.0}, {Grid<float>{3, 5, 1.0f}, Grid<float>{3, 5}}};
  stamps.sample[1](2, 0) = 7.0f;
  write_psf_map(folder / "map.h5", bicubic_map(), test_stamp(), stamps);
  EXPECT_EQ(read_psf_map(folder / "map.h5"), bicubic_map());
  const H5File file = H5File::open(folder / "map.h5");
  EXPECT_EQ(file.shape_of(psf_column::kStamp), (Shape{2, 5, 3}));
  EXPECT_EQ(file.read(psf_column::kStamp)[15 + 2], 7.0f);
  EXPECT_EQ(file.read(psf_column::kStampX), stamps.x_px);
  EXPECT_EQ(file.read(psf_column::kStampY), stamps.y_px);
  EXPECT_EQ(file.read_one(psf_column::kStampStep), 0.25);
  EXPECT_EQ(file.attribute("coefficient", "units"), "1");
  stamps.sample[1] = Grid<float>{4, 5};
  EXPECT_THROW(write_psf_map(folder / "map.h5", bicubic_map(), test_stamp(), stamps), Error);
}

TEST(PsfMapFile, OfEqualMapsHasEqualBytes) {
  const ScratchFolder folder{"psf_map_bytes"};
  write_psf_map(folder / "a.h5", bicubic_map(), test_stamp());
  write_psf_map(folder / "b.h5", bicubic_map(), test_stamp());
  EXPECT_EQ(read_text_file(folder / "a.h5"), read_text_file(folder / "b.h5"));
}

/// Writes a file by hand, one dataset of which is wrong, and says how it is refused.
struct Parts {
  std::string model = "bicubic";
  std::string view = "psf";
  std::vector<double> x{-1.0, 0.0, 1.0};
  std::vector<double> y{-1.0, 0.0, 1.0};
  Shape shape{1, 4};
  std::vector<double> coefficient{1.0, 0.0, 0.0, 0.0};
};

std::string test_of(const std::function<void(Parts&)>& spoil) {
  namespace c = psf_column;
  const ScratchFolder folder{"psf_map_bad"};
  Parts parts;
  spoil(parts);
  H5File file = H5File::create(folder / "map.h5", test_stamp());
  file.write(c::kModel, {parts.model});
  file.write(c::kView, {parts.view});
  file.write(c::kTerms, {"O0{x}"});
  file.write(c::kXLine, {static_cast<std::int64_t>(parts.x.size())}, parts.x);
  file.write(c::kYLine, {static_cast<std::int64_t>(parts.y.size())}, parts.y);
  file.write(c::kCoefficient, parts.shape, parts.coefficient);
  file.write_one(c::kStars, std::int64_t{1});
  file.write_one(c::kPixels, std::int64_t{1});
  file.write_one(c::kRounds, std::int32_t{1});
  file.write_one(c::kConverged, std::int32_t{1});
  file.write_one(c::kChi2, 1.0);
  file.close();
  try {
    read_psf_map(folder / "map.h5");
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::bad_input);
    EXPECT_NE(std::string{error.what()}.find("map.h5"), std::string::npos);
    return error.test() ? error.test()->name : "none";
  }
  return "";
}

TEST(PsfMapFile, IsRefusedWhenItMakesNoSense) {
  EXPECT_EQ(test_of([](Parts&) {}), "");
  EXPECT_EQ(test_of([](Parts& p) { p.model = "square"; }), "psf_model");
  EXPECT_EQ(test_of([](Parts& p) { p.view = ""; }), "psf_view");
  EXPECT_EQ(test_of([](Parts& p) { p.x = {-1.0, 1.0}; }), "psf_grid");
  EXPECT_EQ(test_of([](Parts& p) { p.x = {}; }), "psf_grid");
  EXPECT_EQ(test_of([](Parts& p) { p.y = {-1.0, 1.0, 0.0}; }), "psf_grid");
  EXPECT_EQ(test_of([](Parts& p) { p.y = {kNaN, 0.0, 1.0}; }), "psf_grid");
  EXPECT_EQ(test_of([](Parts& p) { p.y = {-1.0, -0.5, 0.5, 1.0}; }), "psf_coefficient");
  EXPECT_EQ(test_of([](Parts& p) { p.coefficient[2] = kNaN; }), "psf_coefficient");
  EXPECT_EQ(test_of([](Parts& p) {
              p.shape = {0, 4};
              p.coefficient.clear();
            }),
            "psf_coefficient");
  EXPECT_EQ(test_of([](Parts& p) { p.shape = {4, 1}; }), "psf_coefficient");
}

TEST(PsfMapFile, ThatIsNoneIsAnError) {
  const ScratchFolder folder{"psf_map_none"};
  EXPECT_THROW(read_psf_map(folder / "absent.h5"), Error);
  H5File other = H5File::create(folder / "other.h5", test_stamp());
  other.close();
  EXPECT_THROW(read_psf_map(folder / "other.h5"), Error);
  PsfMap map = bicubic_map();
  map.coefficient.pop_back();
  EXPECT_THROW(write_psf_map(folder / "map.h5", map, test_stamp()), Error);
}

}  // namespace
}  // namespace skyweft::io
