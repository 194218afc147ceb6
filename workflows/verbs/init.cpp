// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include <cstdio>
#include <filesystem>
#include <memory>
#include <set>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/log.hpp"
#include "io/camera.hpp"
#include "io/files.hpp"
#include "io/fits.hpp"
#include "workflows/verbs/init_look.hpp"
#include "workflows/verbs/verbs.hpp"

namespace skyweft::workflows {
namespace {

struct InitRequest {
  std::string folder;
  std::string output = "skyweft.toml";
  std::string catalog;
  bool force = false;
};

/// Folders as a TOML list, relative to where the configuration will be.
std::string quoted_list(const std::set<std::string>& folders, const std::filesystem::path& base) {
  std::string out;
  for (const auto& f : folders) {
    const auto relative = std::filesystem::absolute(f).lexically_normal().lexically_relative(base);
    out += fmt::format("{}\"{}\"", out.empty() ? "" : ", ", relative.generic_string());
  }
  return out;
}

/// The [site] lines: from the first header that names one, else to be decided.
std::string site_text(const std::vector<std::filesystem::path>& paths) {
  for (const auto& path : paths) {
    try {
      const auto site = io::site_from(io::read_header(path), {});
      if (!site) continue;
      return fmt::format(
          "# From {}; longitudes count to the east: check the sign.\nlongitude_deg = {:.6f}\n"
          "latitude_deg = {:.6f}\nheight_m = {:.1f}\n",
          printable(path.filename().string()), site->longitude.deg(), site->latitude.deg(),
          site->height_m);
    } catch (const Error&) {
      continue;  // reported among the frames not understood
    }
  }
  return "# To decide: no header tells the observer's place (BJD is then geocentric, airmass "
         "unknown).\n"
         "# longitude_deg = 0.0   # east\n# latitude_deg = 0.0\n# height_m = 0.0\n";
}

/// `text` inside a TOML basic string.
std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string camera_text(const FoundCamera& camera) {
  std::string t = fmt::format("\n[camera.{}]\n", camera.name);
  if (!camera.when.empty()) t += fmt::format("when = \"{}\"\n", escaped(camera.when));
  for (const auto& [type, n] : camera.types) t += fmt::format("# found: {} {} frame(s)\n", n, type);
  for (const auto& [filter, n] : camera.filters)
    t += fmt::format("# found: {} light(s) with filter '{}'\n", n, printable(filter));
  for (const auto& fact : camera.facts) t += fmt::format("# found: {}\n", fact);
  if (camera.assumed_lights)
    t += "type = \"light\"   # assumed: no header names a frame type; check it\n";
  for (const auto& doubt : camera.doubts) t += fmt::format("# In doubt: {}\n", printable(doubt));
  if (!camera.any_scale)
    t += "# To decide: no header tells the pixel scale.\n# scale_arcsec_px = 1.0\n";
  return t;
}

std::string config_text(const Found& found, const InitRequest& request, const std::string& site) {
  const auto base = std::filesystem::absolute(request.output).parent_path().lexically_normal();
  std::string t =
      "# Written by `skyweft init`. `skyweft explain KEY` says what an option means;\n"
      "# `skyweft check` tells whether this is enough.\n";
  for (const auto& [failure, n] : found.failures)
    t += fmt::format("# not understood: {} frame(s): {}\n", n, printable(failure));
  for (const auto& folder : found.folders_left_out)
    t += fmt::format("# left out: {} (no frame in it was understood)\n", printable(folder));
  t += fmt::format("\n[run]\nframes = [{}]\n", quoted_list(found.folders_of_lights, base));
  if (!found.folders_of_calibration.empty())
    t += fmt::format("calibration = [{}]\n", quoted_list(found.folders_of_calibration, base));
  t += request.catalog.empty()
           ? "# To decide: a star catalogue (Gaia or Tycho-2 table; see `skyweft catalog "
             "import`).\ncatalog = \"\"\n"
           : fmt::format("catalog = \"{}\"\n", std::filesystem::absolute(request.catalog)
                                                   .lexically_normal()
                                                   .lexically_relative(base)
                                                   .generic_string());
  t += "archive = \"archive\"\n";
  std::string absent;
  for (const char* kind : {"bias", "dark", "flat"})
    if (found.n_type(kind) == 0) absent += fmt::format("{} = false\n", kind);
  if (!absent.empty()) t += "\n[calibrate]\n# No such frames were found.\n" + absent;
  for (const FoundCamera& camera : found.cameras) t += camera_text(camera);
  if (!found.failures.empty())
    t += fmt::format(
        "# To decide: some headers were not understood, for example\n#   {}\n# Fixed values help, "
        "e.g. type = \"light\", other keywords, e.g. start_keys = [\"UT-OBS\"], or expressions,\n"
        "# e.g. type_keys = [\"if(EXPTIME < 0.01, 'bias', IMAGETYP)\"].\n",
        printable(found.example));
  if (found.failures.contains("timesys_is_utc"))
    t += "# To decide: some headers give local time. Say by how much the clock is ahead of UTC\n"
         "# (negative to the west), in the camera's section: clock_utc_offset_h = -7.0\n";
  if (!found.any_pointing)
    t += "\n[field]\n# To decide: no header tells where the telescope pointed.\n# ra_deg = 0.0\n# "
         "dec_deg = 0.0\n";
  t += "\n[site]\n" + site;
  t += "\n# Stars you care about, first in the report:\n# [target.mystar]\n# ra_deg = 0.0\n# "
       "dec_deg = 0.0\n";
  return t;
}

int init(const InitRequest& request) {
  if (std::filesystem::exists(request.output) && !request.force)
    throw Error{Errc::usage, fmt::format("{} exists; give -o FILE for another name, or --force",
                                         request.output)};
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(request.folder))
    if (entry.is_directory()) files.push_back(entry.path());
  std::set<std::string> folders{request.folder};
  for (const auto& f : files) folders.insert(f.string());
  std::vector<std::filesystem::path> paths;
  for (const auto& folder : folders) {
    try {
      for (auto& p : io::expand_globs({folder})) paths.push_back(std::move(p));
    } catch (const Error&) {
      continue;  // a folder without FITS files
    }
  }
  if (paths.empty())
    throw Error{
        Errc::bad_input,
        fmt::format("no FITS file lies in {} or below it (looked for .fit, .fits, .fts, also "
                    ".fz and .gz)",
                    request.folder)};
  const Found found = look_at_headers(paths);
  io::write_text_file(request.output, config_text(found, request, site_text(paths)));
  fmt::print("{} frames looked at; wrote {}\n", paths.size(), request.output);
  fmt::print("next: skyweft check {}\n", request.output);
  return 0;
}

}  // namespace

void declare_init(CLI::App& app, Invocation& call) {
  auto request = std::make_shared<InitRequest>();  // shared: lives as long as the parsed command
  app.add_option("folder", request->folder, "folder with raw frames")
      ->required()
      ->check(CLI::ExistingDirectory);
  app.add_option("-o,--output", request->output, "configuration to write");
  app.add_option("--catalog", request->catalog, "star catalogue to name in it");
  app.add_flag("--force", request->force, "overwrite");
  app.callback([request, &call] {
    call.action = [request] { return guarded([&] { return init(*request); }); };
  });
}

}  // namespace skyweft::workflows
