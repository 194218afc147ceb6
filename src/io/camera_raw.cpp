// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/camera_raw.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/log.hpp"
#include "io/fits.hpp"

#ifdef SKYWEFT_LIBRAW
#include <libraw/libraw.h>
#endif

namespace skyweft::io {

namespace fs = std::filesystem;

bool reads_camera_raw() noexcept {
#ifdef SKYWEFT_LIBRAW
  return true;
#else
  return false;
#endif
}

#ifndef SKYWEFT_LIBRAW

Header read_camera_raw_header(const fs::path& path) {
  throw Error{Errc::bad_input,
              fmt::format("{} is a camera raw file, but this skyweft was built without LibRaw; "
                          "install it (Debian and Ubuntu: libraw-dev) and build again, or convert "
                          "the files to FITS",
                          printable(path.string()))}
      .because({"libraw", 0.0, 1.0});
}

CameraRaw read_camera_raw(const fs::path& path, const RawLayout&, std::int64_t) {
  return {read_camera_raw_header(path), {}};
}

#else

namespace {

constexpr std::int64_t kMaxFileBytes = std::int64_t{1} << 30;

[[noreturn]] void fail(const fs::path& path, std::string_view why, FailedTest test) {
  throw Error{Errc::bad_input,
              fmt::format("cannot read the camera raw file {}: {}", printable(path.string()), why)}
      .because(std::move(test));
}

/// What LibRaw tells while it reads.
struct Told {
  bool damaged = false;
  std::int64_t damaged_at = -1;    ///< byte; −1 at the end of the file
  std::string date_time_original;  ///< EXIF 0x9003, "2024:05:06 07:08:09"
  std::string sub_second;          ///< EXIF 0x9291, "25"
};

template <class Offset>  // int or 64 bits, as LibRaw is old or new
void on_damage(void* told, const char*, Offset offset) {
  static_cast<Told*>(told)->damaged = true;
  static_cast<Told*>(told)->damaged_at = offset;
}

void on_exif(void* told, int tag, int, int length, unsigned, void* stream, INT64) {
  if (tag != 0x9003 && tag != 0x9291) return;
  std::array<char, 20> text{};
  const int n = std::clamp(length, 0, static_cast<int>(text.size()) - 1);
  static_cast<LibRaw_abstract_datastream*>(stream)->read(text.data(), 1,
                                                         static_cast<std::size_t>(n));
  auto& to = *static_cast<Told*>(told);
  (tag == 0x9003 ? to.date_time_original : to.sub_second) = text.data();
}

/// A file opened and identified by LibRaw, which reads foreign bytes: nothing it throws passes.
class Opened {
 public:
  explicit Opened(const fs::path& path) : path_(path) {
    std::error_code code;
    if (!fs::is_regular_file(path, code))
      fail(path, code ? code.message() : "it is no regular file", {"is_camera_raw", 0.0, 1.0});
    const auto bytes = static_cast<std::int64_t>(fs::file_size(path, code));
    if (code || bytes > kMaxFileBytes)
      fail(path, fmt::format("it has {} bytes, more than {}", bytes, kMaxFileBytes),
           {"file_bytes", static_cast<double>(bytes), static_cast<double>(kMaxFileBytes)});
    raw_->set_dataerror_handler(on_damage, told_.get());
    raw_->set_exifparser_handler(on_exif, told_.get());
    guarded([&] { return raw_->open_file(path.c_str()); }, "is_camera_raw");
  }

  const libraw_data_t& data() const { return raw_->imgdata; }
  const Told& told() const { return *told_; }
  int colour(int x, int y) const { return raw_->COLOR(y, x); }

  void unpack() {
    guarded([&] { return raw_->unpack(); }, "decompress");
    if (told_->damaged)
      fail(path_,
           told_->damaged_at < 0
               ? std::string{"it ends early; copy the file again"}
               : fmt::format("damaged at byte {}; copy the file again", told_->damaged_at),
           {"decompress", static_cast<double>(told_->damaged_at), 0.0});
  }

 private:
  template <class Step>
  void guarded(Step step, const char* test) {
    int status = 0;
    std::string why;
    try {
      status = step();
    } catch (const std::exception& e) {
      why = e.what();
      status = LIBRAW_UNSPECIFIED_ERROR;
    } catch (...) {
      status = LIBRAW_UNSPECIFIED_ERROR;
    }
    if (status == LIBRAW_SUCCESS) return;
    if (why.empty()) why = status > 0 ? std::strerror(status) : LibRaw::strerror(status);
    fail(path_, printable(why), {test, static_cast<double>(status), 0.0});
  }

  static unsigned options() {
#if LIBRAW_VERSION < LIBRAW_MAKE_VERSION(0, 21, 0)
    return LIBRAW_OPIONS_NO_MEMERR_CALLBACK;  // its spelling; it would print
#else
    return 0;
#endif
  }

  fs::path path_;
  std::unique_ptr<Told> told_ = std::make_unique<Told>();  // LibRaw keeps the address
  std::unique_ptr<LibRaw> raw_ = std::make_unique<LibRaw>(options());
};

/// The camera's wall clock. EXIF's own text where there is one; else LibRaw's time stamp, which
/// went through mktime() in this process's zone and comes back through the same zone.
std::string wall_clock(const Opened& file) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  const std::string& text = file.told().date_time_original;
  if (std::sscanf(text.c_str(), "%4d%*1[:/-]%2d%*1[:/-]%2d%*1[ T]%2d:%2d:%2d", &year, &month, &day,
                  &hour, &minute, &second) == 6 &&
      year >= 1900 && month >= 1 && month <= 12 && day >= 1 && day <= 31 && hour >= 0 &&
      hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second <= 60) {
    std::string fraction{trimmed(file.told().sub_second)};
    const bool digits = std::ranges::all_of(fraction, [](char c) { return c >= '0' && c <= '9'; });
    if (!digits || fraction.size() > 9) fraction.clear();
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}{}", year, month, day, hour, minute,
                       second, fraction.empty() ? "" : ".", fraction);
  }
  const std::time_t stamp = file.data().other.timestamp;
  std::tm wall{};
  if (stamp <= 0 || ::localtime_r(&stamp, &wall) == nullptr) return {};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", wall.tm_year + 1900, wall.tm_mon + 1,
                     wall.tm_mday, wall.tm_hour, wall.tm_min, wall.tm_sec);
}

char letter(const libraw_data_t& data, int colour) {
  const char c = colour >= 0 && colour < 4 ? data.idata.cdesc[colour] : '?';
  return c >= 'A' && c <= 'Z' ? c : '?';
}

/// Adds BAYERPAT or XTRANS; nothing for sensors without colours or with other patterns.
void add_pattern(const Opened& file, Header& header) {
  const libraw_data_t& data = file.data();
  std::string pattern;
  if (data.idata.filters == 9) {
    for (const auto& row : data.idata.xtrans)
      for (const char colour : row) pattern += letter(data, colour);
    header.add_text("XTRANS", pattern, "colours, 6 rows of 6 from the first pixel");
    return;
  }
  if (data.idata.filters < 1000) return;
  for (int y = 0; y < 8; ++y)  // LibRaw's patterns repeat after at most 8 rows
    for (int x = 0; x < 2; ++x) {
      const char c = letter(data, file.colour(x, y));
      if (y < 2) pattern += c;
      if (pattern[static_cast<std::size_t>(y % 2 * 2 + x)] != c) return;
    }
  header.add_text("BAYERPAT", pattern, "colours, 2 rows of 2 from the first pixel");
}

/// The black level of a pixel: what all share, its colour's and its place's.
double black_level(const Opened& file, int x, int y) {
  const libraw_colordata_t& c = file.data().color;
  double level = c.black;
  const int colour = file.colour(x, y);
  if (colour >= 0 && colour < 4) level += c.cblack[colour];
  const unsigned ny = c.cblack[4];
  const unsigned nx = c.cblack[5];
  if (ny > 0 && nx > 0 && nx <= (LIBRAW_CBLACK_SIZE - 6) / ny)
    level += c.cblack[6 + static_cast<unsigned>(y) % ny * nx + static_cast<unsigned>(x) % nx];
  return level;
}

void add_shortest(Header& header, const char* key, float value, const char* comment) {
  if (std::isfinite(value) && value > 0.0f)
    header.add({key, fmt::format("{}", value), comment, false});
}

Header header_of(const Opened& file) {
  const libraw_data_t& data = file.data();
  const libraw_image_sizes_t& sizes = data.sizes;
  Header header;
  header.add_integer("BITPIX", 16);
  header.add_integer("NAXIS", 2);
  header.add_integer("NAXIS1", sizes.width);
  header.add_integer("NAXIS2", sizes.height);
  header.add_integer("RAWLEFT", sizes.left_margin, "columns of the sensor left of the image");
  header.add_integer("RAWTOP", sizes.top_margin, "rows of the sensor above the image");
  header.add_integer("RAWNX", sizes.raw_width, "columns of the sensor");
  header.add_integer("RAWNY", sizes.raw_height, "rows of the sensor");
  header.add_text("INSTRUME", printable(fmt::format("{} {}", data.idata.make, data.idata.model)));
  if (const std::string start = wall_clock(file); !start.empty()) {
    header.add_text("DATE-OBS", start, "the camera's wall clock");
    header.add_text("TIMESYS", "LOCAL", "whatever zone the clock was set to");
  }
  add_shortest(header, "EXPTIME", data.other.shutter, "[s]");
  add_shortest(header, "ISOSPEED", data.other.iso_speed, "as set");
  add_pattern(file, header);
  if (data.color.maximum > 0)
    header.add_integer("SATURATE", data.color.maximum, "[adu] largest value");
  for (int i = 0; i < 4; ++i)
    header.add_number(fmt::format("PEDESTAL{}", i + 1), black_level(file, i % 2, i / 2),
                      fmt::format("[adu] black level of pixel ({}, {})", i % 2, i / 2));
  const float kelvin_less = data.makernotes.common.SensorTemperature;
  if (std::isfinite(kelvin_less) && kelvin_less > -273.15f && kelvin_less < 200.0f)
    header.add({"CCD-TEMP", fmt::format("{}", kelvin_less), "[C] sensor", false});
  return header;
}

void check_sizes(const fs::path& path, const libraw_image_sizes_t& s, std::int64_t max_pixels) {
  if (s.width < 1 || s.height < 1 || s.left_margin + s.width > s.raw_width ||
      s.top_margin + s.height > s.raw_height)
    fail(path, "its image does not lie on its sensor", {"is_camera_raw", 0.0, 1.0});
  const std::int64_t n = std::int64_t{s.raw_width} * s.raw_height;
  if (n > max_pixels)
    fail(path, fmt::format("it has {} pixels, more than {}", n, max_pixels),
         {"n_pixels", static_cast<double>(n), static_cast<double>(max_pixels)});
}

}  // namespace

Header read_camera_raw_header(const fs::path& path) {
  const Opened file{path};
  check_sizes(path, file.data().sizes, kMaxPixels);
  return header_of(file);
}

CameraRaw read_camera_raw(const fs::path& path, const RawLayout& layout, std::int64_t max_pixels) {
  const bool first_only = std::ranges::all_of(
      layout.hdus, [](const std::string& hdu) { return hdu == "0" || hdu == "*"; });
  if (!first_only || layout.hdus.size() > 1)
    fail(path, "it has one image; leave the HDUs empty", {"n_images", 1.0, 1.0});
  if (layout.plane != 0)
    fail(path, fmt::format("it has 1 plane, so there is no plane {}", layout.plane),
         {"plane", static_cast<double>(layout.plane), 1.0});
  Opened file{path};
  const libraw_image_sizes_t& sizes = file.data().sizes;
  check_sizes(path, sizes, max_pixels);
  CameraRaw raw{header_of(file), {}};
  file.unpack();
  check_sizes(path, sizes, max_pixels);
  const std::uint16_t* values = file.data().rawdata.raw_image;
  if (values == nullptr)
    fail(path, "it holds no mosaic of single values (floating-point or full-colour raw)",
         {"is_camera_raw", 0.0, 1.0});
  const std::int64_t pitch = sizes.raw_pitch > 0 ? sizes.raw_pitch / 2 : sizes.raw_width;
  raw.pixels = Grid<std::uint16_t>{sizes.width, sizes.height};
  for (std::int64_t y = 0; y < raw.pixels.ny(); ++y) {
    const std::uint16_t* row = values + (y + sizes.top_margin) * pitch + sizes.left_margin;
    std::copy(row, row + sizes.width, raw.pixels.row(y).begin());
  }
  return raw;
}

#endif

}  // namespace skyweft::io
