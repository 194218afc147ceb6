// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/h5.hpp"

#include <cmath>
#include <cstdlib>
#include <set>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "io/files.hpp"
#include "io/segments.hpp"
#include "io/tables.hpp"
#include "support/io_store.hpp"

namespace skyweft::io {
namespace {

using support::ScratchFolder;
using support::test_stamp;

TEST(Schema, NamesEveryDatasetOnceWithAMeaning) {
  std::set<std::string> seen;
  for (const ColumnText& column : all_columns()) {
    EXPECT_TRUE(seen.insert(column.file + ":" + column.path).second) << column.path;
    EXPECT_FALSE(column.meaning.empty()) << column.path;
  }
  EXPECT_GT(seen.size(), 100u);
}

TEST(H5File, RootTellsWhoWroteIt) {
  const ScratchFolder folder{"h5_root"};
  H5File file = H5File::create(folder / "a.h5", test_stamp());
  file.close();
  const H5File read = H5File::open(folder / "a.h5");
  EXPECT_EQ(read.attribute("", "Conventions"), kConventions);
  EXPECT_EQ(read.attribute("", "software"), "skyweft");
  EXPECT_EQ(read.attribute("", "software_version"), "0.1.0");
  EXPECT_EQ(read.attribute("", "config_digest"), "c0ffee");
  EXPECT_EQ(read.attribute("", "run_name"), "test");
}

TEST(H5File, CompressedChunksReadBackByRows) {
  const ScratchFolder folder{"h5_rows"};
  std::vector<float> values(10 * 7);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
  const Column<float> column = segment_column::kX;
  H5File file = H5File::create(folder / "a.h5", test_stamp());
  file.write(column, {10, 7}, values, "g", {.chunk = {4, 7}, .deflate = 3});
  file.close();
  const H5File read = H5File::open(folder / "a.h5");
  EXPECT_EQ(read.read(column, "g"), values);
  EXPECT_EQ(read.read_rows(column, 3, 2, "g"),
            std::vector<float>(values.begin() + 21, values.begin() + 35));
  EXPECT_TRUE(read.has("g"));
  EXPECT_FALSE(read.has("h/x_px"));
  EXPECT_EQ(read.attribute("g/x_px", "units"), "pixel");
  EXPECT_THROW(read.read_rows(column, 9, 2, "g"), Error);
  EXPECT_THROW(read.read(column), Error);
}

TEST(H5File, ThatIsNotHdf5IsAnIoErrorWithHdf5sWords) {
  const ScratchFolder folder{"h5_not"};
  write_text_file(folder / "a.h5", "no HDF5 here");
  try {
    H5File::open(folder / "a.h5");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::io);
    EXPECT_NE(std::string{error.what()}.find("signature"), std::string::npos) << error.what();
  }
}

TEST(StockH5py, OpensSegmentsWithUnitsAndScales) {
  if (std::system("/usr/bin/python3 -c 'import h5py' 2>/dev/null") != 0) GTEST_SKIP() << "no h5py";
  const ScratchFolder folder{"h5_python"};
  Segment segment{.records = {support::test_record(1)},
                  .photometry = make_frame_block(1, 4, 2),
                  .aperture_radius_px = {1, 2}};
  support::fill_points(segment.photometry.points, 5);
  write_segment(folder / "s.h5", segment, test_stamp());
  write_text_file(folder / "look.py", R"(
import h5py, sys, numpy as np
f = h5py.File(sys.argv[1])
assert f.attrs['software'] in ('skyweft', b'skyweft'), f.attrs['software']
names = []
f.visititems(lambda n, o: names.append(n) if isinstance(o, h5py.Dataset) else None)
assert len(names) > 40
for n in names:
    d = f[n]
    assert {'units', 'long_name'} <= set(d.attrs), n
    assert 'CLASS' in d.attrs or d.dtype.kind == 'S' or '_FillValue' in d.attrs, n
d = f['flux_e']
assert d.shape == (1, 4, 2) and d.chunks is None and d.dtype == np.float32
assert [len(x) for x in d.dims] == [1, 1, 1]
assert d.dims[2][0][:].tolist() == [1, 2]
assert f['records/state'][0] == b'rejected'
assert np.isnan(d.attrs['_FillValue'][0])
)");
  const std::string command =
      "/usr/bin/python3 " + (folder / "look.py").string() + " " + (folder / "s.h5").string();
  EXPECT_EQ(std::system(command.c_str()), 0);
}

}  // namespace
}  // namespace skyweft::io
