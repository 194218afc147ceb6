// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <variant>
#include <vector>

#include "core/fields.hpp"
#include "core/grid.hpp"
#include "data/detector.hpp"
#include "data/flags.hpp"
#include "io/header.hpp"

namespace skyweft::io {

/// Images larger than this are refused rather than believed.
inline constexpr std::int64_t kMaxPixels = std::int64_t{1} << 31;

/// Whether CHECKSUM and DATASUM are verified, which reads the whole image.
enum class Verify { yes, no };

/// Reads the keywords of the first HDU with an image of 2 or 3 axes (tile-compressed ones count),
/// followed by those of the primary header that it lacks. NAXIS, NAXIS1 … are the image's own also
/// where it is compressed. Camera raw files: see camera_raw.hpp. Reads no pixels; no checksum is
/// verified.
/// Collective: no. Throws Error{bad_input} when the file is missing, truncated, or has no image.
Header read_header(const std::filesystem::path& path);

/// The same for each of `hdus` (as RawLayout names them; "*" is every image of 2 or 3 axes, in file
/// order; empty is the first image). A camera raw file has one header whatever is asked.
/// Collective: no. Throws Error{bad_input}; a name that is not there lists those that are.
std::vector<Header> read_headers(const std::filesystem::path& path,
                                 std::span<const std::string> hdus);

/// A raw image as written: BSCALE and BZERO applied, unmeasured pixels 0 with mask::no_data.
struct RawImage {
  Grid<float> adu;  ///< [ny][nx]
  Mask mask;        ///< [ny][nx]
  Header header;    ///< of the first image that the layout names
};

/// Reads the raw image that `layout` picks of a file; by default the first 2-D image, whole. FITS
/// may be plain, tile-compressed (.fz) or gzipped; camera raw files (told by their extension) give
/// the sensor's own values. The images named are stacked along y; then the channel is taken, every
/// x_step-th pixel of every y_step-th row. A name of digits only is a number. Pixels that are
/// BLANK, NaN, infinite or beyond a narrower image become 0 and mask::no_data. CHECKSUM and DATASUM
/// are verified where present (test "checksum"). Collective: no. Throws Error{bad_input}: truncated
/// (test "file_bytes"), more than `max_pixels` (test "n_pixels"), a damaged compressed image (tests
/// "tiles", "decompress"), no such plane or channel (tests "plane", "channel").
///
/// Whatever a file says, memory stays below 6 bytes for each of at most `max_pixels` pixels, the
/// image itself. A compressed one adds 100 bytes for each pixel of a tile (at most 2^28 and
/// `max_pixels`), 8 for each pixel of a row of tiles and 40 for each tile (at most 2^26); a .gz
/// adds what it unpacks to (at most 8 GiB, and 200 times its size when that is above 256 MiB).
RawImage read_image(const std::filesystem::path& path, const RawLayout& layout = {},
                    std::int64_t max_pixels = kMaxPixels);

/// Reads an image by rows, for stacks that do not fit into memory. Opening is cheap with
/// Verify::no: headers only. Plain images hold one file descriptor and no memory; a .gz and a
/// camera raw file are unpacked into memory on every opening; of a compressed image only the tiles
/// that the rows touch are checked and unpacked, so damage shows when its rows are read.
class ImageReader {
 public:
  /// Opens and verifies as read_image() does.
  explicit ImageReader(const std::filesystem::path& path, const RawLayout& layout = {},
                       std::int64_t max_pixels = kMaxPixels, Verify verify = Verify::yes);
  ~ImageReader();
  ImageReader(ImageReader&&) noexcept;
  ImageReader& operator=(ImageReader&&) noexcept;

  std::int64_t nx() const noexcept;
  std::int64_t ny() const noexcept;
  /// Of the first image that the layout names; its axes are that image's, before any channel.
  const Header& header() const noexcept;

  /// Reads rows first_row … first_row + n_row − 1 into `out` [n_row][nx]; unmeasured pixels are
  /// NaN. Throws Error{bad_input}, or Error{internal} when the rows or `out` do not fit.
  void read_rows(std::int64_t first_row, std::int64_t n_row, std::span<float> out) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// One image of a file to be written; `pixels` is borrowed. A plane called MASK gets the names of
/// the mask bits (data/flags.hpp) as keywords MSKB0, MSKB1, …
struct ImagePlane {
  std::string name;  ///< EXTNAME
  std::variant<const Grid<float>*, const Grid<std::uint16_t>*, const Grid<std::int32_t>*> pixels;
  std::string unit;  ///< BUNIT; "" leaves it out
};

/// How planes are packed. With q > 0 real numbers are LOSSY: rounded to steps of (background noise
/// of a tile) / q. Integers are always exact.
struct Packing {
  std::string method = "none";
  double q = 0.0;
  bool dither = true;

  static constexpr auto fields() {
    return std::tuple{
        field("method", &Packing::method, "", "tile compression; none writes plain images",
              one_of("none|rice|gzip|hcompress")),
        field("q", &Packing::q, "",
              "steps per background noise that real numbers are rounded to (lossy); 0 is exact",
              non_negative),
        field("dither", &Packing::dither, "",
              "random dither in the rounding, so that means stay unbiased; zeros stay zeros")};
  }

  bool is_on() const noexcept { return method != "none"; }
};

/// Writes planes to one file. Plain: the first is the primary image, the others are IMAGE
/// extensions. Packed: an empty primary header, then one compressed image each. The first plane
/// gets `cards`; cards called HISTORY or COMMENT become such lines. Atomic; CHECKSUM and DATASUM
/// everywhere; no date and a fixed dither seed, so equal content gives equal bytes. Grid<uint16_t>
/// is stored with BZERO 32768, so one such plane is a usual raw frame. Packed integers are Rice
/// coded unless the method is gzip; exact real numbers always gzip, the only exact method there is.
/// Collective: no. Throws Error{io}, or Error{bad_config} for an unknown method or q < 0.
void write_image(const std::filesystem::path& path, const std::vector<ImagePlane>& planes,
                 const Header& cards = {}, const Packing& packing = {});

/// Reads the image whose EXTNAME is `name` (case ignored); NaN stays NaN. The checksum is verified.
/// Collective: no. Throws Error{bad_input} when there is none.
Grid<float> read_plane(const std::filesystem::path& path, std::string_view name);
Mask read_mask_plane(const std::filesystem::path& path, std::string_view name);

}  // namespace skyweft::io
