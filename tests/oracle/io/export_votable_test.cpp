// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
// astropy reads our VOTables with all complaints as errors, and finds the same numbers.
#include <limits>

#include <gtest/gtest.h>

#include "io/export_table.hpp"
#include "io/files.hpp"
#include "support/io_star_store.hpp"
#include "support/sky_python.hpp"

namespace skyweft::io {
namespace {

TEST(VotableOracle, IsValidToAstropy) {
  SKYWEFT_NEEDS_ASTROPY;
  support::TestFolder folder{"oracle_votable"};
  Table t;
  t.name = "LIGHTCURVE";
  t.primary = {{"OBJECT", std::string{"EY UMa <&\"> \xC3\xA9"}, "name & more"}};
  t.extension = {{"RA_OBJ", 135.5, "[deg] RA"}, {"STARID", std::int64_t{1} << 61, "id"}};
  t.columns = {
      {"time_bjd_tdb", "d", "mid-exposure", "time.epoch",
       std::vector<double>{2457000.123456789, kNaN}},
      {"star_id", "", "id", "meta.id;meta.main",
       std::vector<std::int64_t>{(std::int64_t{1} << 61) + 1, -5}},
      {"mag_err", "mag", "error", "stat.error;phot.mag",
       std::vector<float>{0.1F, std::numeric_limits<float>::infinity()}},
      {"flux", "electron/s", "flux", "phot.flux", std::vector<float>{-1e30F, kNaNf}},
      {"x_px", "pixel", "x", "pos.cartesian.x;instr.det", std::vector<float>{1.0F, 2.0F}},
      {"s", "pixel-2", "shape", "instr.det.psf", std::vector<float>{1.0F, 2.0F}},
      {"bg_err_e", "electron", "", "stat.error;instr.background", std::vector<float>{1.0F, 2.0F}},
      {"airmass", "", "airmass", "obs.airMass", std::vector<float>{1.0F, 2.0F}},
      {"quality", "", "bits", "meta.code.qual", std::vector<std::int32_t>{7, 0}},
      {"scatter", "mag", "scatter", "stat.stdev", std::vector<float>{1.0F, 2.0F}},
      {"group", "", "a < b & \"c\"", "meta.id", std::vector<std::string>{"a<b>&c", ""}},
      {"file", "", "", "", std::vector<std::string>{"\xC3\xA9toile", "b"}}};
  const auto path = folder / "t.vot";
  write_text_file(path, to_votable(t));
  const auto rows = support::rows_from_python(fmt::format(R"(
import warnings
from astropy.units import UnitsWarning
warnings.simplefilter("error")
warnings.simplefilter("ignore", UnitsWarning)  # the standard does not list electron
import numpy as np
from astropy.io.votable import parse
v = parse("{}", verify="exception")
t = v.get_first_table()
a = t.to_table()
assert str(a["mag_err"].unit) == "mag" and str(a["flux"].unit) == "electron / s", a["flux"].unit
assert a["time_bjd_tdb"].description == "mid-exposure"
assert t.get_field_by_id_or_name("mag_err").ucd == "stat.error;phot.mag"
assert int(a["star_id"][0]) == 2**61 + 1 and int(a["star_id"][1]) == -5
assert str(a["group"][0]) == "a<b>&c" and str(a["file"][0]) == "\u00e9toile"
params = dict((p.name, p.value) for p in t.params)
assert params["OBJECT"] == "EY UMa <&\"> \u00e9" and params["STARID"] == 2**61
f = lambda c, i: float(np.ma.filled(a[c], np.nan)[i])
print("row", len(a), "%.17g" % f("time_bjd_tdb", 0), int(np.isnan(f("time_bjd_tdb", 1))), int(f("mag_err", 1) > 1e38),
      "%.9g" % f("flux", 0), int(np.isnan(f("flux", 1))), params["RA_OBJ"], int(a["quality"][0]))
)",
                                                          path.string()),
                                              {});
  ASSERT_EQ(rows.size(), 1U);
  const std::vector<double> expected{
      2.0, 2457000.123456789, 1.0, 1.0, static_cast<double>(-1e30F), 1.0, 135.5, 7.0};
  ASSERT_EQ(rows[0].size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i)
    // Nine digits of a float32 read back the same.
    EXPECT_EQ(i == 4 ? static_cast<double>(static_cast<float>(rows[0][i])) : rows[0][i],
              expected[i]);
}

}  // namespace
}  // namespace skyweft::io
