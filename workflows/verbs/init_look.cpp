// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "workflows/verbs/init_look.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/log.hpp"
#include "io/camera.hpp"
#include "io/fits.hpp"

namespace skyweft::workflows {
namespace {

/// What tells instruments apart, the most telling keyword first.
constexpr const char* kIdentity[] = {"INSTRUME", "DETECTOR", "CAMERA", "CAMERAID", "DETNAM"};

/// The keyword that all headers have and that differs between them; empty when there is none.
std::string telling_keyword(const std::vector<io::Header>& headers) {
  for (const char* key : kIdentity) {
    std::set<std::string> values;
    for (const io::Header& h : headers) values.insert(h.text(key).value_or(""));
    if (values.size() > 1 && !values.contains("")) return key;
  }
  return {};
}

/// `text` as a literal of the expression language; quotes cannot be written in one.
std::string quoted(const std::string& text) {
  const char mark = text.find('\'') == std::string::npos ? '\'' : '"';
  return fmt::format("{}{}{}", mark, text, mark);
}

std::string camera_name(const std::string& value) {
  std::string name;
  for (const char c : io::lower_case(value))
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) name += c;
  return name.empty() ? "main" : name.substr(0, 24);
}

/// What the header says about the detector's layout, in words.
void note_facts(const FrameInfo& info, const io::Header& header, FoundCamera& camera) {
  for (const char* key : {"BIASSEC", "TRIMSEC", "DATASEC", "DETSEC", "CCDSEC"})
    if (const auto text = header.text(key))
      camera.facts.insert(fmt::format("{} = {}{}", key, printable(*text),
                                      info.amplifiers.empty() ? " (not used)" : ""));
  if (const auto pattern = header.text("BAYERPAT"))
    camera.facts.insert(fmt::format(
        "BAYERPAT = {}: a mosaic; without `channels` all pixels are taken as one colour, e.g. "
        "channels = [\"G1: x=1 y=0 step=2\"]",
        printable(*pattern)));
  if (info.x_binning != 1 || info.y_binning != 1)
    camera.facts.insert(fmt::format("binned {}x{}", info.x_binning, info.y_binning));
}

void look_at(const std::filesystem::path& path, const io::Camera& reader, FoundCamera& camera,
             Found& found) {
  const std::string folder = path.parent_path().string();
  try {
    const std::vector<io::Header> headers = io::read_headers(path, reader.config().hdus);
    for (const FrameInfo& info : reader.understand(headers, path.string())) {
      const bool light = info.type == FrameType::light;
      ++camera.types[std::string{name_of(info.type)}];
      (light ? found.folders_of_lights : found.folders_of_calibration).insert(folder);
      note_facts(info, headers.front(), camera);
      if (!light) continue;
      ++camera.filters[info.filter];
      for (const auto& doubt : reader.doubts(headers, path.string())) camera.doubts.insert(doubt);
      camera.any_scale |= info.scale_arcsec_px.has_value();
      found.any_pointing |= info.pointing.has_value();
    }
  } catch (const Error& error) {
    const std::string test = error.test() ? error.test()->name : printable(error.text());
    ++found.failures[test];
    if (found.example.empty()) found.example = printable(error.text());
    found.folders_left_out.insert(folder);
  }
}

}  // namespace

int Found::n_type(const std::string& type) const {
  int n = 0;
  for (const FoundCamera& c : cameras)
    if (const auto it = c.types.find(type); it != c.types.end()) n += it->second;
  return n;
}

Found look_at_headers(const std::vector<std::filesystem::path>& paths) {
  Found found;
  std::vector<io::Header> headers;
  std::vector<std::filesystem::path> readable;
  for (const auto& path : paths) {
    try {
      headers.push_back(io::read_header(path));
      readable.push_back(path);
    } catch (const Error& error) {
      ++found.failures[error.test() ? error.test()->name : printable(error.text())];
      if (found.example.empty()) found.example = printable(error.text());
      found.folders_left_out.insert(path.parent_path().string());
    }
  }
  const std::string key = telling_keyword(headers);
  std::map<std::string, std::vector<std::size_t>> groups;
  for (std::size_t i = 0; i < headers.size(); ++i)
    groups[key.empty() ? "" : headers[i].text(key).value_or("")].push_back(i);

  std::set<std::string> names;
  for (const auto& [value, members] : groups) {
    FoundCamera camera;
    camera.name = camera_name(value);
    while (!names.insert(camera.name).second) camera.name += "x";
    if (!key.empty()) camera.when = fmt::format("{} == {}", key, quoted(printable(value)));
    io::CameraConfig config;
    const bool untyped = std::ranges::none_of(members, [&](std::size_t i) {
      return std::ranges::any_of(config.type_keys,
                                 [&](const auto& k) { return headers[i].has(k); });
    });
    if (untyped) config.type = "light";
    camera.assumed_lights = untyped;
    const io::Camera reader{camera.name, config, 0};
    for (const std::size_t i : members) look_at(readable[i], reader, camera, found);
    found.cameras.push_back(std::move(camera));
  }
  // Bad frames among good ones are set aside by a run; a folder of nothing else is not named,
  // unless there is no other.
  for (const auto* good : {&found.folders_of_lights, &found.folders_of_calibration})
    for (const auto& folder : *good) found.folders_left_out.erase(folder);
  if (found.folders_of_lights.empty() && found.folders_of_calibration.empty())
    found.folders_of_lights.swap(found.folders_left_out);
  return found;
}

}  // namespace skyweft::workflows
