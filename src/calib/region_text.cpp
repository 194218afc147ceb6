// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/region_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/text.hpp"

namespace skyweft::calib {
namespace {

constexpr std::string_view kUnderstood =
    "understood are circle, annulus, ellipse, box and polygon, in image, physical, fk5, j2000 or "
    "icrs";
constexpr double kLargest_px = 1e9;
constexpr std::size_t kMostCorners = 10000;

[[noreturn]] void refuse(std::int64_t line, std::string_view what) {
  throw Error{Errc::bad_config, fmt::format("line {}: {}", line, what)};
}

std::vector<std::string_view> split(std::string_view s, std::string_view separators) {
  std::vector<std::string_view> parts;
  for (std::size_t at = 0; (at = s.find_first_not_of(separators, at)) != std::string_view::npos;) {
    const std::size_t end = std::min(s.find_first_of(separators, at), s.size());
    parts.push_back(s.substr(at, end - at));
    at = end;
  }
  return parts;
}

/// Calls use(part, number) for what stands between semicolons and line ends, without comments.
template <class Use>
void for_parts(std::string_view text, std::string_view separators, Use use) {
  std::int64_t number = 0;
  while (!text.empty()) {
    ++number;
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    line = line.substr(0, line.find('#'));
    for (const std::string_view part : split(line, separators))
      if (const std::string_view t = trimmed(part); !t.empty()) use(t, number);
  }
}

template <class T>
std::optional<T> number_of(std::string_view s) {
  if (s.starts_with('+')) s.remove_prefix(1);
  T value{};
  const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), value);
  if (error != std::errc{} || end != s.data() + s.size()) return {};
  if constexpr (std::is_floating_point_v<T>)
    if (!std::isfinite(value)) return {};
  return value;
}

/// "12:34:56.7", "12h34m56.7s", "-4d5m6s" as a number of hours or degrees.
std::optional<double> sexagesimal(std::string_view s, bool& in_hours) {
  const bool minus = s.starts_with('-');
  if (minus || s.starts_with('+')) s.remove_prefix(1);
  const bool letters = s.find_first_of("hm") != std::string_view::npos;
  if (!letters && s.find(':') == std::string_view::npos) return {};
  if (letters) {
    if (s.find_first_of("hd") == std::string_view::npos) return {};
    if (!s.ends_with('s') && !s.ends_with('m') && !s.ends_with('h')) return {};
    in_hours = s.find('h') != std::string_view::npos;
    s.remove_suffix(1);
  }
  const auto parts = split(s, letters ? "hdms" : ":");
  if (parts.empty() || parts.size() > 3) return {};
  double value = 0.0;
  double unit = 1.0;
  for (const std::string_view part : parts) {
    const auto v = number_of<double>(part);
    if (!v || *v < 0.0 || (unit < 1.0 && *v >= 60.0)) return {};
    value += unit * *v;
    unit /= 60.0;
  }
  return minus ? -value : value;
}

struct Quantity {
  double value = 0.0;
  bool is_angle = false;  ///< value is then in degrees
  bool has_unit = false;
};

/// A place or a size; `is_ra`: a bare sexagesimal number counts hours.
Quantity quantity_of(std::string_view token, bool is_ra, std::int64_t line) {
  bool in_hours = is_ra;
  if (const auto v = sexagesimal(token, in_hours))
    return {*v * (in_hours ? 15.0 : 1.0), true, true};
  struct Unit {
    std::string_view suffix;
    double degrees;
  };
  constexpr std::array<Unit, 4> kUnits{
      {{"\"", 1.0 / 3600.0}, {"'", 1.0 / 60.0}, {"d", 1.0}, {"r", 1.0 / kRadPerDeg}}};
  for (const Unit& unit : kUnits)
    if (token.ends_with(unit.suffix))
      if (const auto v = number_of<double>(token.substr(0, token.size() - 1)))
        return {*v * unit.degrees, true, true};
  const bool in_px = token.ends_with('p') || token.ends_with('i');
  const auto v = number_of<double>(in_px ? token.substr(0, token.size() - 1) : token);
  if (!v) refuse(line, fmt::format("\"{}\" is not a number, a position or a size", token));
  return {*v, false, in_px};
}

enum class System { none, pixels, sky };

class RegionReader {
 public:
  void read(std::string_view part, std::int64_t line) {
    while (part.starts_with("||")) part = trimmed(part.substr(2));
    while (part.ends_with("||")) part = trimmed(part.substr(0, part.size() - 2));
    Region region;
    if (part.starts_with('-') || part.starts_with('+')) {
      region.excluded = part.starts_with('-');
      part = trimmed(part.substr(1));
    }
    if (part.empty()) return;
    const std::size_t name_end = std::min(part.find_first_of("( \t"), part.size());
    const std::string name = lower_case(part.substr(0, name_end));
    std::string_view rest = trimmed(part.substr(name_end));
    if (name == "global") return;
    if (rest.empty() && is_system(name)) return;
    const auto* shape = std::ranges::find(kShapes, std::string_view{name}, &Named::name);
    if (shape == kShapes.end()) refuse(line, fmt::format("\"{}\"; {}", name, kUnderstood));
    region.shape = shape->shape;
    const bool brackets = rest.starts_with('(');
    if (brackets) {
      if (!rest.ends_with(')')) refuse(line, "a bracket is not closed");
      rest = rest.substr(1, rest.size() - 2);
    }
    const auto tokens = split(rest, ", \t\r\v\f");
    const bool short_form = !brackets && system_ == System::none;
    take_places(region, tokens, short_form, line);
    take_sizes(region, tokens, short_form, line);
    out.push_back(std::move(region));
  }

  std::vector<Region> out;

 private:
  struct Named {
    std::string_view name;
    Shape shape;
  };
  static constexpr std::array<Named, 5> kShapes{{{"circle", Shape::circle},
                                                 {"annulus", Shape::annulus},
                                                 {"ellipse", Shape::ellipse},
                                                 {"box", Shape::box},
                                                 {"polygon", Shape::polygon}}};

  bool is_system(std::string_view name) {
    if (name == "image" || name == "physical")
      system_ = System::pixels;
    else if (name == "fk5" || name == "icrs" || name == "j2000")
      system_ = System::sky;
    else
      return false;
    return true;
  }

  void take_places(Region& region, const std::vector<std::string_view>& tokens, bool short_form,
                   std::int64_t line) {
    const bool polygon = region.shape == Shape::polygon;
    const std::size_t n = polygon ? tokens.size() : 2;
    if (tokens.size() < (polygon ? 6 : 3) || n % 2 != 0 || n > 2 * kMostCorners)
      refuse(line, polygon ? "a polygon needs 3 to 10000 corners, each with x and y"
                           : "a shape needs a centre and a size");
    for (std::size_t i = 0; i < n; i += 2) {
      const Quantity a = quantity_of(tokens[i], true, line);
      const Quantity b = quantity_of(tokens[i + 1], false, line);
      const auto is_sky = [this](const Quantity& q) {
        return q.is_angle || (system_ == System::sky && !q.has_unit);
      };
      if (is_sky(a) != is_sky(b) || (i > 0 && is_sky(a) != region.on_sky()))
        refuse(line, "places partly in pixels, partly on the sky");
      if (is_sky(a)) {
        if (std::abs(a.value) > 360.0 || std::abs(b.value) > 90.0)
          refuse(line, "RA must be within 360 degrees and Dec within 90");
        region.places_sky.push_back({Angle::from_deg(a.value), Angle::from_deg(b.value)});
      } else {
        const double offset = short_form ? 0.0 : 1.0;
        if (std::max(std::abs(a.value), std::abs(b.value)) > kLargest_px)
          refuse(line, "a place is more than 1e9 px away");
        region.places_px.push_back({a.value - offset, b.value - offset});
      }
    }
    if (polygon && region.on_sky()) check_hemisphere(region, line);
  }

  static void check_hemisphere(const Region& region, std::int64_t line) {
    std::vector<std::array<double, 3>> corners;
    std::array<double, 3> sum{};
    for (const SkyPos& p : region.places_sky) {
      const double c = std::cos(p.dec.rad());
      corners.push_back(
          {c * std::cos(p.ra.rad()), c * std::sin(p.ra.rad()), std::sin(p.dec.rad())});
      for (std::size_t k = 0; k < 3; ++k) sum[k] += corners.back()[k];
    }
    const double length = std::sqrt(sum[0] * sum[0] + sum[1] * sum[1] + sum[2] * sum[2]);
    for (const auto& v : corners)  // 89.4° from the mean of the corners at most
      if (!(v[0] * sum[0] + v[1] * sum[1] + v[2] * sum[2] > 0.01 * length))
        refuse(line, "a polygon on the sky must lie within a hemisphere");
  }

  static void take_sizes(Region& region, const std::vector<std::string_view>& tokens,
                         bool short_form, std::int64_t line) {
    if (region.shape == Shape::polygon) return;
    const bool turned = region.shape == Shape::ellipse || region.shape == Shape::box;
    const bool ring = region.shape == Shape::annulus;
    const std::size_t n = ring ? tokens.size() - 2 : turned ? 2 : 1;
    const std::size_t most = ring ? tokens.size() : turned ? 5 : 3;
    if (tokens.size() < 2 + n || tokens.size() > most || (ring && n < 2))
      refuse(line, "the shape has too few or too many numbers");
    double last = 0.0;
    for (std::size_t i = 2; i < 2 + n; ++i) {
      const Quantity q = quantity_of(tokens[i], false, line);
      if (!(q.value > 0.0) && !(ring && i == 2 && q.value == 0.0))
        refuse(line, fmt::format("the size {} is not positive", tokens[i]));
      if (ring && i > 2 && !(q.value > last)) refuse(line, "the radii of an annulus must increase");
      last = q.value;
      if (ring && i != 2 && i != 1 + n) continue;  // rings inside the ring
      if (!region.on_sky()) {
        if (q.is_angle)
          refuse(line,
                 "a size on the sky needs a centre on the sky: fk5, or degrees such as 31.04d");
        if (q.value > kLargest_px) refuse(line, "a size is above 1e9 px");
        region.sizes_px.push_back(q.value);
      } else {
        if (!q.is_angle && (q.has_unit || short_form))
          refuse(line, "a centre on the sky needs sizes on the sky: 30\", 0.5' or 0.01d");
        if (q.value > 180.0) refuse(line, "a size is above 180 degrees");
        region.sizes_sky.push_back(Angle::from_deg(q.value));
      }
    }
    if (turned && tokens.size() == 5)
      region.angle =
          Angle::from_deg(std::remainder(quantity_of(tokens[4], false, line).value, 360.0));
  }

  System system_ = System::none;
};

}  // namespace

std::vector<Region> parse_regions(std::string_view text) {
  RegionReader reader;
  for_parts(text, ";", [&](std::string_view part, std::int64_t line) { reader.read(part, line); });
  return std::move(reader.out);
}

std::vector<PixelBox> parse_pixel_list(std::string_view text) {
  constexpr std::int64_t kEnd = std::int64_t{1} << 40;  // beyond any detector
  std::vector<PixelBox> out;
  for_parts(text, "\n", [&](std::string_view part, std::int64_t line) {
    auto tokens = split(part, ", \t\r\v\f");
    if (tokens.empty()) refuse(line, "commas without numbers");
    const std::string word = lower_case(tokens.front());
    const bool named = word == "column" || word == "row" || word == "box";
    std::vector<std::int64_t> v;
    for (std::size_t i = named ? 1 : 0; i < tokens.size(); ++i) {
      const auto value = number_of<std::int64_t>(tokens[i]);
      if (!value || *value < 0)
        refuse(line, fmt::format("\"{}\" is not a pixel index; understood are \"x y\", "
                                 "\"column x\", \"row y\" and \"box x0 x1 y0 y1\", counted from 0",
                                 tokens[i]));
      v.push_back(std::min(*value, kEnd - 1));
    }
    if (v.size() != (word == "box" ? 4u : named ? 1u : 2u))
      refuse(line, fmt::format("\"{}\" has too few or too many numbers", part));
    if (word == "column")
      out.push_back({.x0 = v[0], .y0 = 0, .x1 = v[0] + 1, .y1 = kEnd});
    else if (word == "row")
      out.push_back({.x0 = 0, .y0 = v[0], .x1 = kEnd, .y1 = v[0] + 1});
    else if (word == "box")
      out.push_back({.x0 = v[0], .y0 = v[2], .x1 = v[1] + 1, .y1 = v[3] + 1});
    else
      out.push_back({.x0 = v[0], .y0 = v[1], .x1 = v[0] + 1, .y1 = v[1] + 1});
    if (out.back().empty()) refuse(line, "a box ends before it begins; its order is x0 x1 y0 y1");
  });
  return out;
}

}  // namespace skyweft::calib
