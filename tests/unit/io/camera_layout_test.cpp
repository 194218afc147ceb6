// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "core/error.hpp"
#include "io/camera.hpp"

namespace skyweft::io {
namespace {

Header image_header(std::int64_t nx, std::int64_t ny) {
  Header header;
  header.add_integer("NAXIS", 2);
  header.add_integer("NAXIS1", nx);
  header.add_integer("NAXIS2", ny);
  header.add_text("IMAGETYP", "light");
  header.add_text("DATE-OBS", "2017-12-20T00:00:00");
  header.add_number("EXPTIME", 10.0);
  header.add_number("PIXSCALE", 2.0);
  return header;
}

std::vector<FrameInfo> frames_of(const std::vector<Header>& headers, const CameraConfig& config) {
  return Camera{"c", config, 5}.understand(headers, "a.fits");
}

FrameInfo frame_of(const Header& header, const CameraConfig& config = {}) {
  const auto frames = frames_of({header}, config);
  EXPECT_EQ(frames.size(), 1U);
  return frames.front();
}

std::string test_of(const std::vector<Header>& headers, const CameraConfig& config) {
  try {
    frames_of(headers, config);
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Errc::bad_input);
    return e.test() ? e.test()->name : "";
  }
  return "none";
}

bool doubted(const std::vector<Header>& headers, const char* what,
             const CameraConfig& config = {}) {
  for (const auto& doubt : Camera{"c", config, 0}.doubts(headers, "a.fits"))
    if (doubt.find(what) != std::string::npos) return true;
  return false;
}

TEST(CameraLayout, OfAPlainImageHasNoAmplifiers) {
  const FrameInfo info = frame_of(image_header(100, 80));
  EXPECT_EQ(info.nx, 100);
  EXPECT_EQ(info.ny, 80);
  EXPECT_EQ(info.raw_nx, 100);
  EXPECT_EQ(info.raw_ny, 80);
  EXPECT_TRUE(info.amplifiers.empty());
  EXPECT_EQ(info.layout, RawLayout{});
}

TEST(CameraLayout, CutsAtTheHeadersSections) {
  Header header = image_header(2088, 2048);
  header.add_text("TRIMSEC", "[21:2068, 4:2048]");
  header.add_text("BIASSEC", "[2070:2088,4:2048]");
  const FrameInfo info = frame_of(header);
  ASSERT_EQ(info.amplifiers.size(), 1U);
  EXPECT_EQ(info.amplifiers[0].data, (PixelBox{20, 3, 2068, 2048}));
  EXPECT_EQ(info.amplifiers[0].overscan, (PixelBox{2069, 3, 2088, 2048}));
  EXPECT_EQ(info.amplifiers[0].frame, (PixelBox{0, 0, 2048, 2045}));
  EXPECT_EQ(info.nx, 2048);
  EXPECT_EQ(info.ny, 2045);
  EXPECT_EQ(info.raw_nx, 2088);
  CameraConfig config;
  config.trim = false;
  EXPECT_EQ(frame_of(header, config).nx, 2088);
  EXPECT_TRUE(frame_of(header, config).amplifiers.empty());
}

TEST(CameraLayout, WithOverscanAloneTakesTheRestForData) {
  Header right = image_header(100, 50);
  right.add_text("BIASSEC", "[91:100,1:50]");
  EXPECT_EQ(frame_of(right).amplifiers.at(0).data, (PixelBox{0, 0, 90, 50}));
  CameraConfig left;
  left.overscan_section_keys = {"[1:10,1:50]"};
  EXPECT_EQ(frame_of(image_header(100, 50), left).amplifiers.at(0).data,
            (PixelBox{10, 0, 100, 50}));
  left.overscan_section_keys = {"[1:100,46:50]"};
  EXPECT_EQ(frame_of(image_header(100, 50), left).amplifiers.at(0).data, (PixelBox{0, 0, 100, 45}));
  left.overscan_section_keys = {"[1:100,1:50]"};
  EXPECT_TRUE(frame_of(image_header(100, 50), left).amplifiers.empty());
  EXPECT_TRUE(doubted({image_header(100, 50)}, "takes the whole image", left));
}

TEST(CameraLayout, IgnoresSectionsThatMakeNoSense) {
  for (const char* text : {"Unknown", "[1:101,1:50]", "[0:10,1:50]", "[1:10]", "[1:10,1:50] x",
                           "[1:10:2,1:50]", "[-5:10,1:50]", "[1:99999999999999999999,1:50]"}) {
    Header header = image_header(100, 50);
    header.add_text("TRIMSEC", text);
    EXPECT_TRUE(frame_of(header).amplifiers.empty()) << text;
    EXPECT_TRUE(doubted({header}, "TRIMSEC = '")) << text;
  }
  Header header = image_header(100, 50);
  header.add_text("DATASEC", "[1:90,1:50]");
  header.add_text("BIASSEC", "[90:100,1:50]");
  EXPECT_TRUE(frame_of(header).amplifiers.at(0).overscan.empty());
  EXPECT_TRUE(doubted({header}, "overlaps the data"));
}

TEST(CameraLayout, ReversedSectionsFlip) {
  Header header = image_header(100, 50);
  header.add_text("DATASEC", "[90:1,1:50]");
  EXPECT_TRUE(frame_of(header).amplifiers.at(0).flip_x);
  EXPECT_FALSE(frame_of(header).amplifiers.at(0).flip_y);
  EXPECT_EQ(frame_of(header).amplifiers.at(0).data, (PixelBox{0, 0, 90, 50}));
}

TEST(CameraLayout, OfAWindowKnowsItsPlaceInBinnedPixels) {
  Header header = image_header(110, 50);
  header.add_text("CCDSUM", "2 4");
  header.add_text("TRIMSEC", "[1:100,1:50]");
  header.add_text("CCDSEC", "[401:600,1:200]");
  const FrameInfo info = frame_of(header);
  EXPECT_EQ(info.x_binning, 2);
  EXPECT_EQ(info.y_binning, 4);
  EXPECT_EQ(info.window_x0, 200);
  EXPECT_EQ(info.window_y0, 0);
  EXPECT_EQ(info.nx, 100);
  // A section that does not have the binned size is ignored.
  Header odd = image_header(100, 50);
  odd.add_text("CCDSEC", "[401:600,1:50]");
  EXPECT_EQ(frame_of(odd).window_x0, 0);
  EXPECT_TRUE(doubted({odd}, "CCDSEC does not fit"));
}

TEST(CameraLayout, TakesWindowKeywordsFromZeroOrOne) {
  Header header = image_header(100, 50);
  header.add_number("WIN-X", 33.0);
  header.add_number("LTV2", -7.0);
  CameraConfig config;
  config.window_x_keys = {"WIN-X"};
  config.window_y_keys = {"1 - LTV2"};
  EXPECT_EQ(frame_of(header, config).window_x0, 32);
  EXPECT_EQ(frame_of(header, config).window_y0, 7);
  config.window_base = 0;
  EXPECT_EQ(frame_of(header, config).window_x0, 33);
  config.window_x_keys = {"LTV2"};
  EXPECT_EQ(frame_of(header, config).window_x0, 0);
  EXPECT_TRUE(doubted({header}, "no place on the detector", config));
}

TEST(CameraLayout, ReadsBinningInManySpellings) {
  const auto binning = [](const char* key, const char* text) {
    Header header = image_header(10, 10);
    header.add_text(key, text);
    const FrameInfo info = frame_of(header);
    return std::pair{info.x_binning, info.y_binning};
  };
  EXPECT_EQ(binning("BINNING", "2x3"), std::pair(2L, 3L));
  EXPECT_EQ(binning("CCDSUM", "4 1"), std::pair(4L, 1L));
  EXPECT_EQ(binning("BINNING", "2"), std::pair(2L, 2L));
  EXPECT_EQ(binning("XBINNING", "3"), std::pair(3L, 1L));
  for (const char* bad : {"0", "1.5", "x", "2x", "1000", "-1"}) {
    Header header = image_header(10, 10);
    header.add_text("BINNING", bad);
    EXPECT_TRUE(doubted({header}, "no binning")) << bad;
  }
}

TEST(CameraAmplifiers, OfTheConfigurationStandAboveTheHeader) {
  Header header = image_header(200, 50);
  header.add_text("TRIMSEC", "[1:10,1:10]");
  CameraConfig config;
  config.amplifiers = {
      "A: data=[1:90,1:50] overscan=[91:100, 1:50] frame=[1:90,1:50] gain=1.2 read_noise=3",
      "B: data=[111:200,1:50] overscan=[101:110,1:50] frame=[180:91,1:50] saturation=60000"};
  const FrameInfo info = frame_of(header, config);
  EXPECT_EQ(info.nx, 180);
  EXPECT_EQ(info.ny, 50);
  ASSERT_EQ(info.amplifiers.size(), 2U);
  EXPECT_EQ(info.amplifiers[0].name, "A");
  EXPECT_EQ(info.amplifiers[0].gain_e_per_adu, 1.2);
  EXPECT_EQ(info.amplifiers[0].read_noise_e, 3.0);
  EXPECT_EQ(info.amplifiers[1].data, (PixelBox{110, 0, 200, 50}));
  EXPECT_EQ(info.amplifiers[1].overscan, (PixelBox{100, 0, 110, 50}));
  EXPECT_EQ(info.amplifiers[1].frame, (PixelBox{90, 0, 180, 50}));
  EXPECT_TRUE(info.amplifiers[1].flip_x);
  EXPECT_EQ(info.amplifiers[1].saturation_adu, 60000.0);
  EXPECT_EQ(test_of({image_header(199, 50)}, config), "amplifier_box");
}

TEST(CameraAmplifiers, ThatMakeNoSenseAreNamed) {
  const auto says = [](std::vector<std::string> entries, const char* what) {
    CameraConfig config;
    config.amplifiers = std::move(entries);
    try {
      Camera("c", config, 0);
      ADD_FAILURE() << what;
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), Errc::bad_config);
      EXPECT_NE(e.text().find(what), std::string::npos) << e.text();
      EXPECT_NE(e.text().find("camera.c.amplifiers"), std::string::npos) << e.text();
    }
  };
  says({"A"}, "a name and a colon");
  says({"A: frame=[1:2,1:2]"}, "data=");
  says({"A: data=[1:2,1:2] frame=[1:3,1:2]"}, "2x2 pixels, but frame is 3x2");
  says({"A: data=[1:2,1:2] gian=3"}, "did you mean gain?");
  says({"A: data=[1:2,1:2] gain=-3"}, "gain is a number above 0");
  says({"A: data=[1:2,1:2"}, "lacks its ]");
  says({"A: data=[1:2,1:2]", "B: data=[3:4,1:2] frame=[1:2,1:2]"}, "frame=[x1:x2,y1:y2] is needed");
  says({"A: data=[1:2,1:2] frame=[1:2,1:2]", "B: data=[2:3,1:2] frame=[3:4,1:2]"}, "data overlaps");
  says({"A: data=[1:2,1:2] frame=[1:2,1:2]", "B: data=[3:4,1:2] frame=[2:3,1:2]"},
       "frame overlaps");
  says({"A: data=[1:2,1:2] overscan=[2:3,1:2]"}, "overscan overlaps");
}

/// Four extensions of 60x40 (data 50x40, overscan at the right) of a 100x80 detector.
std::vector<Header> quarters() {
  const char* places[] = {"[1:50,1:40]", "[100:51,1:40]", "[1:50,80:41]", "[100:51,80:41]"};
  std::vector<Header> out;
  for (int i = 0; i < 4; ++i) {
    Header header = image_header(60, 40);
    header.add_text("EXTNAME", "im" + std::to_string(i + 1));
    header.add_text("DATASEC", "[1:50,1:40]");
    header.add_text("BIASSEC", "[51:60,1:40]");
    header.add_text("DETSEC", places[i]);
    header.add_number("GAIN", 1.0 + 0.1 * i);
    out.push_back(header);
  }
  return out;
}

TEST(CameraHdus, AreJoinedByTheirDetectorSections) {
  CameraConfig config;
  config.hdus = {"im1", "im2", "im3", "im4"};
  const FrameInfo info = frames_of(quarters(), config).front();
  EXPECT_EQ(info.raw_nx, 60);
  EXPECT_EQ(info.raw_ny, 160);
  EXPECT_EQ(info.nx, 100);
  EXPECT_EQ(info.ny, 80);
  EXPECT_EQ(info.layout.hdus, config.hdus);
  ASSERT_EQ(info.amplifiers.size(), 4U);
  const Amplifier& last = info.amplifiers[3];
  EXPECT_EQ(last.name, "im4");
  EXPECT_EQ(last.data, (PixelBox{0, 120, 50, 160}));
  EXPECT_EQ(last.overscan, (PixelBox{50, 120, 60, 160}));
  EXPECT_EQ(last.frame, (PixelBox{50, 40, 100, 80}));
  EXPECT_TRUE(last.flip_x && last.flip_y);
  EXPECT_EQ(last.gain_e_per_adu, 1.0 + 0.1 * 3);
  EXPECT_EQ(test_of({quarters()[0]}, config), "n_hdu");
  config.hdus = {"*"};
  EXPECT_EQ(frames_of(quarters(), config).front().amplifiers.at(3).frame, last.frame);
}

TEST(CameraHdus, WithoutDetectorSectionsLieOnTopOfEachOther) {
  CameraConfig config;
  config.hdus = {"*"};
  config.detector_section_keys = {};
  const FrameInfo info = frames_of(quarters(), config).front();
  EXPECT_EQ(info.nx, 50);
  EXPECT_EQ(info.ny, 160);
  EXPECT_EQ(info.amplifiers.at(2).frame, (PixelBox{0, 80, 50, 120}));
  EXPECT_TRUE(doubted(quarters(), "laid on top", config));
}

TEST(CameraHdus, ThatFarApartAreNotBelieved) {
  auto headers = quarters();
  Header far = image_header(60, 40);
  far.add_text("DETSEC", "[900001:900050,1:40]");
  far.add_text("DATASEC", "[1:50,1:40]");
  headers[3] = far;
  CameraConfig config;
  config.hdus = {"*"};
  EXPECT_EQ(frames_of(headers, config).front().nx, 50);
  EXPECT_TRUE(doubted(headers, "DETSEC does not fit", config));
}

TEST(CameraChannels, TakeEveryOtherPixel) {
  CameraConfig config;
  config.channels = {"R: step=2", "G1: x=1 y=0 step=2", "B: x=1 y=1 xstep=2 ystep=2"};
  const auto frames = frames_of({image_header(101, 80)}, config);
  ASSERT_EQ(frames.size(), 3U);
  EXPECT_EQ(frames[0].nx, 51);
  EXPECT_EQ(frames[1].nx, 50);
  EXPECT_EQ(frames[1].ny, 40);
  EXPECT_EQ(frames[1].channel, "G1");
  EXPECT_EQ(frames[1].filter, "G1");
  EXPECT_EQ(frames[1].scale_arcsec_px, 4.0);
  EXPECT_EQ(frames[2].layout, (RawLayout{{}, 0, 1, 1, 2, 2}));
  EXPECT_EQ(frames[0].id % 64, 5);
  EXPECT_EQ(frames[2].id % 64, 7);
  EXPECT_EQ(frames[0].id / 64, frames[2].id / 64);
  EXPECT_EQ((Camera{"c", config, 0}.n_index()), 3);
  EXPECT_THROW((Camera{"c", config, 62}), Error);
  Header named = image_header(10, 10);
  named.add_text("FILTER", "V");
  EXPECT_EQ(frames_of({named}, config)[1].filter, "V");
}

TEST(CameraChannels, ConvertSectionsToTheirOwnPixels) {
  // Mosaic columns 5 … 14 are data, 15 … 19 overscan. Channel x = 1, step 2 holds the odd columns:
  // 5 7 9 11 13 are its pixels 2 … 6, and 15 17 19 its pixels 7 … 9.
  Header header = image_header(20, 10);
  header.add_text("TRIMSEC", "[6:15,1:10]");
  header.add_text("BIASSEC", "[16:20,1:10]");
  CameraConfig config;
  config.channels = {"G: x=1 step=2"};
  const FrameInfo info = frames_of({header}, config).front();
  EXPECT_EQ(info.raw_nx, 10);
  EXPECT_EQ(info.amplifiers.at(0).data, (PixelBox{2, 0, 7, 5}));
  EXPECT_EQ(info.amplifiers.at(0).overscan, (PixelBox{7, 0, 10, 5}));
  EXPECT_EQ(info.amplifiers.at(0).frame, (PixelBox{0, 0, 5, 5}));
  EXPECT_EQ(info.nx, 5);
}

TEST(CameraChannels, OfFlippedAmplifiersKeepTheirOrder) {
  // Left data columns 0 … 3 → frame 0 … 3; right columns 6 … 9 → frame 7 6 5 4. Even columns:
  // frame columns 0 2 of the left; right columns 6, 8 → frame columns 7, 5: channel columns 3, 2.
  CameraConfig config;
  config.amplifiers = {"L: data=[1:4,1:2] frame=[1:4,1:2]", "R: data=[7:10,1:2] frame=[8:5,1:2]"};
  config.channels = {"E: step=2"};
  const FrameInfo info = frames_of({image_header(10, 2)}, config).front();
  EXPECT_EQ(info.amplifiers.at(0).frame, (PixelBox{0, 0, 2, 1}));
  EXPECT_EQ(info.amplifiers.at(1).data, (PixelBox{3, 0, 5, 1}));
  EXPECT_EQ(info.amplifiers.at(1).frame, (PixelBox{2, 0, 4, 1}));
  EXPECT_TRUE(info.amplifiers.at(1).flip_x);
  EXPECT_EQ(info.nx, 4);
}

TEST(CameraChannels, OutsideTheImageAreRefused) {
  CameraConfig config;
  config.channels = {"R: x=20"};
  EXPECT_EQ(test_of({image_header(20, 20)}, config), "channel_size");
  for (const char* entry : {"R", "R: x=-1", "R: step=0", "R: step=65", "R: z=1", "R: x=1 x=2",
                            ": x=1", "a b: x=1", "R: x"}) {
    config.channels = {entry};
    EXPECT_THROW((Camera{"c", config, 0}), Error) << entry;
  }
  config.channels = {"R: x=1", "R: x=0"};
  EXPECT_THROW((Camera{"c", config, 0}), Error);
}

Header cube_header(std::int64_t n_plane) {
  Header header;
  header.add_integer("NAXIS", 3);
  header.add_integer("NAXIS3", n_plane);
  const Header rest = image_header(20, 10);
  for (const HeaderCard& card : rest.cards())
    if (card.key != "NAXIS") header.add(card);
  return header;
}

TEST(CameraCube, IsRefusedUnlessTheConfigurationSaysWhatItIs) {
  EXPECT_EQ(test_of({cube_header(3)}, {}), "n_plane");
  EXPECT_EQ(frames_of({cube_header(1)}, {}).size(), 1U);
  CameraConfig config;
  config.cube = "first";
  EXPECT_EQ(frames_of({cube_header(3)}, config).size(), 1U);
  config.cube = "frames";
  EXPECT_EQ(test_of({cube_header(10001)}, config), "n_plane");
  EXPECT_EQ(test_of({cube_header(0)}, config), "n_plane");
  Header flat = image_header(20, 10);
  flat.add_integer("NAXIS3", 7);  // the primary header's, not this image's
  EXPECT_EQ(frames_of({flat}, {}).size(), 1U);
}

TEST(CameraCube, PlanesAreExposuresOfTheirOwn) {
  CameraConfig config;
  config.cube = "frames";
  config.channels = {"A: step=2", "B: x=1 step=2"};
  const auto frames = frames_of({cube_header(3)}, config);
  ASSERT_EQ(frames.size(), 6U);
  // Mid-exposure at 5 s, then every 10 s.
  EXPECT_EQ(frames[0].id, (58107LL * 86400000 + 5000) * 64 + 5);
  EXPECT_EQ(frames[5].id, (58107LL * 86400000 + 25000) * 64 + 6);
  EXPECT_EQ(frames[5].layout.plane, 2);
  EXPECT_EQ(frames[5].channel, "B");
  config.cube_cadence_s = 10.5;
  EXPECT_EQ(frames_of({cube_header(3)}, config)[2].id, (58107LL * 86400000 + 15500) * 64 + 5);
}

TEST(CameraCube, PlanesMayBeChannels) {
  CameraConfig config;
  config.channels = {"R: plane=0", "G: plane=1", "B: plane=2"};
  const auto frames = frames_of({cube_header(3)}, config);
  ASSERT_EQ(frames.size(), 3U);
  EXPECT_EQ(frames[2].layout.plane, 2);
  EXPECT_EQ(frames[2].nx, 20);
  EXPECT_EQ(test_of({cube_header(2)}, config), "n_plane");
}

TEST(CameraLayout, OfImpossibleSizesIsRefused) {
  EXPECT_EQ(test_of({image_header(-5, 10)}, {}), "image_size");
  EXPECT_EQ(test_of({image_header(1LL << 40, 10)}, {}), "image_size");
  EXPECT_EQ(test_of({image_header(65536, 65536)}, {}), "image_size");
}

}  // namespace
}  // namespace skyweft::io
