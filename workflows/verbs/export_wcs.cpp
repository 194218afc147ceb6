// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/log.hpp"
#include "data/pixel_map.hpp"
#include "io/calibrated_file.hpp"
#include "io/files.hpp"
#include "io/tables.hpp"
#include "io/wcs_cards.hpp"
#include "sky/sip.hpp"
#include "sky/wcs.hpp"
#include "workflows/load_config.hpp"
#include "workflows/stages/scan_file.hpp"
#include "workflows/verbs/export.hpp"

namespace skyweft::workflows {
namespace {

namespace fs = std::filesystem;

/// The raw file's name: the record's without "[channel]" and "[plane 3]".
std::string file_of(const FrameRecord& record) {
  std::string name = record.file;
  if (const auto at = name.rfind("[plane "); at != std::string::npos && name.ends_with("]"))
    name.resize(at);
  if (const std::string channel = fmt::format("[{}]", record.channel);
      !record.channel.empty() && name.ends_with(channel))
    name.resize(name.size() - channel.size());
  return name;
}

bool is_named(const FrameRecord& record, const std::string& word) {
  return word == record.file || word == file_of(record) || word == fmt::format("{}", record.id);
}

std::vector<FrameRecord> wanted_of(std::vector<FrameRecord> all,
                                   const std::vector<std::string>& words) {
  if (words.empty()) return all;
  for (const std::string& word : words)
    if (std::ranges::none_of(all, [&](const auto& r) { return is_named(r, word); }))
      throw Error{Errc::bad_input,
                  fmt::format("{} is no frame of this archive; `skyweft export frames` lists them",
                              printable(word))};
  std::erase_if(all, [&](const FrameRecord& r) {
    return std::ranges::none_of(words, [&](const auto& word) { return is_named(r, word); });
  });
  return all;
}

struct FrameSize {
  std::int64_t nx = 0;
  std::int64_t ny = 0;
};

/// The archive keeps the direction of the frame's middle, which tells the frame's size.
FrameSize size_of(const FrameRecord& record) {
  const PixelPos middle =
      sky::to_pixel(record.wcs, {Angle::from_deg(record.ra_deg), Angle::from_deg(record.dec_deg)});
  const auto pixels = [](double half) { return std::llround(2.0 * half) + 1; };
  if (!std::isfinite(middle.x_px) || !std::isfinite(middle.y_px)) return {};
  return {pixels(middle.x_px), pixels(middle.y_px)};
}

/// The raw frames of a run by id, read from their headers when first asked for.
class RawFrames {
 public:
  explicit RawFrames(const Archive& archive)
      : config_(config_of_archive(archive.root())), cameras_(cameras_of(config_)) {
    for (const auto* patterns : {&config_.run.frames, &config_.run.calibration})
      if (!patterns->empty())
        for (const fs::path& path : io::expand_globs(*patterns))
          by_name_[path.filename().string()].insert(path.string());
  }

  /// Throws Error{bad_input} when the file is not where the configuration says, or is another.
  FrameInfo of(const FrameRecord& record) const {
    const auto paths = by_name_.find(file_of(record));
    if (paths != by_name_.end())
      for (const std::string& path : paths->second)
        for (const ScannedFrame& frame : scan_file(path, config_, cameras_))
          if (frame.info.id == record.id) return frame.info;
    throw Error{Errc::bad_input,
                "the raw file is no longer where run.frames says; put it back, or export "
                "--format wcs"};
  }

 private:
  RunConfig config_;
  std::vector<io::Camera> cameras_;
  std::map<std::string, std::set<std::string>> by_name_;
};

/// "x.fits.fz" stays compressed, "x.fit.gz" is unpacked; other formats get their own ending.
fs::path output_name(const FrameRecord& record, const std::string& format,
                     std::set<std::string>& taken) {
  const std::string file = file_of(record);
  const bool is_packed = format == "copy" && file.ends_with(".fz");
  fs::path name = io::calibrated_name(file, record.channel, is_packed);
  if (!taken.insert(name.string()).second) {
    name = io::calibrated_name(file, fmt::format("{}-{}", record.channel, record.id), is_packed);
    taken.insert(name.string());
  }
  if (format == "wcs") name.replace_extension(".wcs");
  if (format == "text") name.replace_extension(".head");
  return name;
}

void write_copy(const FrameRecord& record, const TanSip& sip, const RawFrames& raws,
                const fs::path& path) {
  const FrameInfo info = raws.of(record);
  const auto map = file_pixels_of(info);
  if (!map)
    throw Error{Errc::bad_input,
                "its pixels come from several images or amplifiers of the file, and one header "
                "cannot describe them; export --format wcs, which is in pixels of the frame"};
  std::error_code ignored;
  if (fs::equivalent(info.path, path, ignored))
    throw Error{Errc::bad_input, "the copy would replace the raw file; choose another folder"};
  io::write_wcs_copy(info.path, info.layout, path, sky::in_file_pixels(sip, *map));
}

}  // namespace

int export_wcs(const Archive& archive, const ExportRequest& request) {
  if (request.output.empty())
    throw Error{Errc::usage, "export wcs writes one file per frame: -o FOLDER"};
  const auto records =
      wanted_of(io::read_frames_table(archive.frames_table().string()), request.frames);
  const fs::path folder = request.output;
  make_folder(folder);
  std::optional<RawFrames> raws;
  if (request.format == "copy") raws.emplace(archive);
  std::set<std::string> taken;
  std::int64_t n_written = 0;
  std::int64_t n_unsolved = 0;
  double worst_forward_px = 0.0;
  double worst_round_trip_px = 0.0;
  for (const FrameRecord& record : records) {
    if (!record.wcs.valid()) {
      ++n_unsolved;
      fmt::print(stderr, "not solved: {}\n", printable(record.file));
      continue;
    }
    try {
      const auto [nx, ny] = size_of(record);
      const TanSip sip = sky::fit_tan_sip(record.wcs, nx, ny);
      const fs::path path = folder / output_name(record, request.format, taken);
      if (request.format == "wcs") io::write_wcs_file(path, sip, nx, ny);
      if (request.format == "text") io::write_text_file(path, io::wcs_text(sip));
      if (request.format == "copy") write_copy(record, sip, *raws, path);
      worst_forward_px = std::max(worst_forward_px, sip.forward_error_px);
      worst_round_trip_px = std::max(worst_round_trip_px, sip.round_trip_error_px);
      ++n_written;
    } catch (const Error& error) {
      if (error.code() != Errc::bad_input && error.code() != Errc::numeric) throw;
      fmt::print(stderr, "not written: {}: {}\n", printable(record.file), printable(error.text()));
    }
  }
  fmt::print(stderr,
             "{} of {} frames written to {}, {} not solved; worst error {:.2g} px, worst round "
             "trip {:.2g} px\n",
             n_written, records.size(), folder.string(), n_unsolved, worst_forward_px,
             worst_round_trip_px);
  return n_written > 0 ? 0 : static_cast<int>(ExitCode::bad_input);
}

}  // namespace skyweft::workflows
