// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/camera_parts.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/fields.hpp"
#include "core/log.hpp"
#include "io/header.hpp"

namespace skyweft::io {
namespace {

[[noreturn]] void wrong(std::string_view entry, std::string_view what) {
  throw Error{Errc::bad_config, fmt::format("\"{}\": {}", printable(entry), what)};
}

/// Cuts a whole number 0 to 10^9 off the front of `text`, with blanks around it.
std::optional<std::int64_t> take_whole(std::string_view& text) {
  text = trimmed(text);
  std::int64_t value = -1;
  const auto [stop, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  constexpr std::int64_t kMost = 1000000000;
  if (code != std::errc{} || value < 0 || value > kMost) return std::nullopt;
  text = trimmed(text.substr(static_cast<std::size_t>(stop - text.data())));
  return value;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

struct Range {
  std::int64_t low = 0;  ///< 0-based
  std::int64_t end = 0;  ///< behind the last
  bool flip = false;
};

std::optional<Range> take_range(std::string_view& text) {
  const auto first = take_whole(text);
  if (!first || !take(text, ':')) return std::nullopt;
  const auto last = take_whole(text);
  if (!last || *first < 1 || *last < 1) return std::nullopt;
  return Range{std::min(*first, *last) - 1, std::max(*first, *last), *last < *first};
}

using Setting = std::pair<std::string, std::string>;

/// Splits "NAME: key=value key=[…]" into name and settings. Blanks inside brackets do not split.
std::pair<std::string, std::vector<Setting>> named_settings(std::string_view entry) {
  const std::size_t colon = entry.find(':');
  if (colon == std::string_view::npos) wrong(entry, "a name and a colon come first");
  const std::string name{trimmed(entry.substr(0, colon))};
  if (name.empty() || name.size() > 32 || safe_file_part(name) != name)
    wrong(entry, "the name is 1 to 32 letters, digits, '.', '_', '+', '-'");
  std::vector<Setting> settings;
  std::string_view rest = trimmed(entry.substr(colon + 1));
  while (!rest.empty()) {
    const std::size_t equals = rest.find('=');
    if (equals == std::string_view::npos) wrong(entry, "settings are written key=value");
    const std::string key{trimmed(rest.substr(0, equals))};
    rest = trimmed(rest.substr(equals + 1));
    const bool bracket = rest.starts_with('[');
    std::size_t end = rest.find_first_of(bracket ? "]" : " \t");
    if (bracket && end == std::string_view::npos) wrong(entry, "a section lacks its ]");
    if (bracket) ++end;
    const std::string value{rest.substr(0, end)};
    rest = end >= rest.size() ? std::string_view{} : trimmed(rest.substr(end));
    if (std::ranges::find(settings, key, &Setting::first) != settings.end())
      wrong(entry, fmt::format("{} stands twice", printable(key)));
    settings.emplace_back(key, value);
  }
  return {name, std::move(settings)};
}

[[noreturn]] void unknown_key(std::string_view entry, const std::string& key,
                              const std::vector<std::string>& known) {
  const std::string near = nearest_name(key.substr(0, 64), known);
  wrong(entry, fmt::format("unknown setting {}{}", printable(key),
                           near.empty() ? std::string{} : fmt::format("; did you mean {}?", near)));
}

std::int64_t whole_of(std::string_view entry, const Setting& setting, std::int64_t least,
                      std::int64_t most) {
  std::string_view text = setting.second;
  const auto value = take_whole(text);
  if (!value || !text.empty() || *value < least || *value > most)
    wrong(entry, fmt::format("{} is a whole number from {} to {}", setting.first, least, most));
  return *value;
}

double positive_of(std::string_view entry, const Setting& setting) {
  const auto value = number_in(setting.second);
  if (!value || *value <= 0.0) wrong(entry, fmt::format("{} is a number above 0", setting.first));
  return *value;
}

Section section_of(std::string_view entry, const Setting& setting) {
  const auto section = parse_section(setting.second);
  if (!section)
    wrong(entry, fmt::format("{} is a section [x1:x2,y1:y2], counted from 1", setting.first));
  return *section;
}

Amplifier parse_amplifier(std::string_view entry, bool is_only) {
  const auto [name, settings] = named_settings(entry);
  Amplifier out;
  out.name = name;
  std::optional<Section> data;
  std::optional<Section> frame;
  for (const Setting& s : settings) {
    if (s.first == "data")
      data = section_of(entry, s);
    else if (s.first == "overscan")
      out.overscan = section_of(entry, s).box;
    else if (s.first == "frame")
      frame = section_of(entry, s);
    else if (s.first == "gain")
      out.gain_e_per_adu = positive_of(entry, s);
    else if (s.first == "read_noise")
      out.read_noise_e = positive_of(entry, s);
    else if (s.first == "saturation")
      out.saturation_adu = positive_of(entry, s);
    else
      unknown_key(entry, s.first,
                  {"data", "overscan", "frame", "gain", "read_noise", "saturation"});
  }
  if (!data) wrong(entry, "data=[x1:x2,y1:y2] is needed");
  if (!frame && !is_only) wrong(entry, "frame=[x1:x2,y1:y2] is needed beside other amplifiers");
  if (!frame) frame = Section{{0, 0, data->box.nx(), data->box.ny()}};
  if (frame->box.nx() != data->box.nx() || frame->box.ny() != data->box.ny())
    wrong(entry, fmt::format("data is {}x{} pixels, but frame is {}x{}", data->box.nx(),
                             data->box.ny(), frame->box.nx(), frame->box.ny()));
  out.data = data->box;
  out.frame = frame->box;
  out.flip_x = data->flip_x != frame->flip_x;
  out.flip_y = data->flip_y != frame->flip_y;
  return out;
}

}  // namespace

std::optional<Section> parse_section(std::string_view text) {
  text = trimmed(text);
  if (!take(text, '[')) return std::nullopt;
  const auto x = take_range(text);
  if (!x || !take(text, ',')) return std::nullopt;
  const auto y = take_range(text);
  if (!y || text != "]") return std::nullopt;
  return Section{{x->low, y->low, x->end, y->end}, x->flip, y->flip};
}

std::vector<Channel> parse_channels(const KeyList& texts) {
  constexpr std::int64_t kFarthest = 100000;
  constexpr std::int64_t kMaxStep = 64;
  std::vector<Channel> out;
  for (const std::string& entry : texts) {
    const auto [name, settings] = named_settings(entry);
    Channel channel;
    channel.name = name;
    for (const Setting& s : settings) {
      if (s.first == "x")
        channel.x = whole_of(entry, s, 0, kFarthest);
      else if (s.first == "y")
        channel.y = whole_of(entry, s, 0, kFarthest);
      else if (s.first == "step")
        channel.x_step = channel.y_step = whole_of(entry, s, 1, kMaxStep);
      else if (s.first == "xstep")
        channel.x_step = whole_of(entry, s, 1, kMaxStep);
      else if (s.first == "ystep")
        channel.y_step = whole_of(entry, s, 1, kMaxStep);
      else if (s.first == "plane")
        channel.plane = whole_of(entry, s, 0, kFarthest);
      else
        unknown_key(entry, s.first, {"x", "y", "step", "xstep", "ystep", "plane"});
    }
    if (std::ranges::find(out, name, &Channel::name) != out.end())
      wrong(entry, "two channels have this name");
    out.push_back(std::move(channel));
  }
  return out;
}

bool any_overlap(const std::vector<Amplifier>& amplifiers, PixelBox Amplifier::*member) {
  for (std::size_t i = 0; i < amplifiers.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if ((amplifiers[i].*member).overlaps(amplifiers[j].*member)) return true;
  return false;
}

std::vector<Amplifier> parse_amplifiers(const KeyList& texts) {
  std::vector<Amplifier> out;
  for (const std::string& entry : texts) {
    Amplifier one = parse_amplifier(entry, texts.size() == 1);
    if (std::ranges::find(out, one.name, &Amplifier::name) != out.end())
      wrong(entry, "two amplifiers have this name");
    out.push_back(std::move(one));
    if (any_overlap(out, &Amplifier::data)) wrong(entry, "data overlaps that of another amplifier");
    if (any_overlap(out, &Amplifier::frame))
      wrong(entry, "frame overlaps that of another amplifier");
  }
  for (const Amplifier& a : out)
    for (const Amplifier& b : out)
      if (!a.overscan.empty() && a.overscan.overlaps(b.data))
        wrong(a.name, fmt::format("overscan overlaps the data of {}", b.name));
  return out;
}

}  // namespace skyweft::io
