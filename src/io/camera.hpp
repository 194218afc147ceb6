// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/frame_catalog.hpp"
#include "io/camera_config.hpp"
#include "io/header.hpp"

namespace skyweft::io {

/// Cameras and their channels a FrameId can tell apart.
inline constexpr std::int64_t kMaxCameras = 64;
/// Frames that one file may hold (planes × channels), and images of one raw image.
inline constexpr std::int64_t kMaxFramesPerFile = 10000;
inline constexpr std::int64_t kMaxHdus = 256;

struct PreparedCamera;

/// One camera with its expressions, channels and amplifiers read once, to understand many headers.
class Camera {
 public:
  /// `first_index` enters the FrameIds; channel k of the camera counts as first_index + k.
  /// Throws Error{bad_config} naming camera and option when an entry cannot be read, or when
  /// there would be more than 64 cameras and channels.
  Camera(std::string name, const CameraConfig& config, std::int64_t first_index);

  const std::string& name() const noexcept { return name_; }
  const CameraConfig& config() const noexcept;
  std::int64_t first_index() const noexcept { return first_index_; }
  /// How many indices it takes: its channels, or 1. The next camera begins behind them.
  std::int64_t n_index() const noexcept;

  bool is_conditional() const noexcept;
  /// Whether `when` is empty or holds. Throws Error{bad_input} (test "expression") as
  /// Expression::holds() does.
  bool takes(const Header& header, const std::string& path) const;

  /// Says in our units what the headers of one file say: type, UTC mid-exposure, exposure,
  /// detector, pointing; one FrameInfo per channel and, when cube = "frames", per plane.
  ///
  /// `headers` holds one header per HDU of the raw image, in the order of config().hdus. All boxes
  /// lie inside the raw image, and a frame has at most kMaxPixels (io/fits.hpp) and at most 4
  /// times as many pixels as the raw image. nx and ny are 0 where the header has no NAXIS1/2.
  /// What is optional and absent or doubtful keeps FrameInfo's default (see doubts()). A bias
  /// needs no exposure. The stamp of a cube is that of its first plane.
  /// Collective: no. Throws Error{bad_input} naming file and keywords when type, exposure or time
  /// cannot be had (tests "has_frame_type", "has_exposure", "has_time"), when TIMESYS is not UTC
  /// ("timesys_is_utc"), when an expression does not fit ("expression"), for an image, cube or
  /// channel of impossible size ("image_size", "n_plane", "channel_size"), a missing HDU ("n_hdu"),
  /// and amplifiers of the configuration outside the image ("amplifier_box").
  std::vector<FrameInfo> understand(std::span<const Header> headers, const std::string& path) const;

  /// One sentence for every optional thing the headers lack or leave in doubt, with the option
  /// that settles it. Says nothing about what understand() refuses. Throws: never.
  std::vector<std::string> doubts(std::span<const Header> headers, const std::string& path) const;

 private:
  std::string name_;
  std::int64_t first_index_;
  std::shared_ptr<const PreparedCamera> prepared_;  // shared: immutable, copies go to workers
};

/// The camera a frame belongs to: the one conditional camera that takes it, else the one without
/// condition. `header` is that of the file's first image.
/// Collective: no. Throws Error{bad_config} naming the cameras and the file when several would do,
/// Error{bad_input} (test "has_camera") when none does.
const Camera& choose_camera(const Header& header, const std::string& path,
                            std::span<const Camera> cameras);

/// The first frame of a file with one HDU; prefer Camera where there are many files.
/// Collective: no. Throws as Camera does.
FrameInfo understand(const Header& header, const std::string& path, const std::string& camera_name,
                     std::int64_t camera_index, const CameraConfig& config);

/// The observer's place from configuration, else header (OBSGEO-B/L/H or -X/Y/Z, SITELAT/SITELONG,
/// LAT-OBS/LONG-OBS, LATITUDE/LONGITUD; numbers, or degrees in parts, with N S E W behind them);
/// nothing when longitude or latitude is missing. An unknown height is 0.
std::optional<Site> site_from(const Header& header, const SiteConfig& config);

/// One sentence for each of longitude and latitude where header and configuration are more than
/// 0.1 degrees apart, and for a header that may count longitudes to the west. Throws: never.
std::vector<std::string> site_doubts(const Header& header, const SiteConfig& config);

/// The frame type that a header value spells: lower case, letters only, looked up; unknown
/// otherwise.
FrameType frame_type_of(std::string_view text);

/// A negative id made of the file's name, for frames whose header could not be understood.
FrameId id_of_unreadable(const std::string& path);

}  // namespace skyweft::io
