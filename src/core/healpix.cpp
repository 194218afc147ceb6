// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "core/healpix.hpp"

#include <algorithm>
#include <cmath>

namespace skyweft::healpix {
namespace {

/// A place on one of the twelve base cells: x grows to the north-east, y to the north-west, both
/// 0 … 1.
struct FacePlace {
  int face = 0;
  double x = 0.0;
  double y = 0.0;
};

constexpr double kQuarterTurn = 0.5 * kPi;

FacePlace place_of(const Direction& v) noexcept {
  const double flat2 = v[0] * v[0] + v[1] * v[1];
  const double length = std::sqrt(flat2 + v[2] * v[2]);
  const double z = v[2] / length;
  double turn = std::atan2(v[1], v[0]) / kQuarterTurn;  // quarter turns, 0 … 4
  if (turn < 0.0) turn += 4.0;
  if (!(turn < 4.0)) turn = 0.0;
  if (std::abs(z) <= 2.0 / 3.0) {  // equatorial belt: paper's equations 4 to 6
    const double down = 0.5 + turn - 0.75 * z;
    const double up = 0.5 + turn + 0.75 * z;
    const int i_down = static_cast<int>(std::floor(down));
    const int i_up = static_cast<int>(std::floor(up));
    const int face = i_down == i_up  ? (i_down & 3) + 4
                     : i_down < i_up ? (i_down & 3)
                                     : (i_up & 3) + 8;
    return {face, up - i_up, 1.0 - (down - i_down)};
  }
  // Polar caps. 1 − |z| from the distance to the axis, which keeps its digits near the pole.
  const double from_pole = flat2 / (length * length) / (1.0 + std::abs(z));
  const double size = std::sqrt(3.0 * from_pole);
  const int quarter = std::min(3, static_cast<int>(turn));
  const double east = (turn - quarter) * size;
  const double west = (1.0 - (turn - quarter)) * size;
  if (z > 0.0) return {quarter, 1.0 - west, 1.0 - east};
  return {quarter + 8, east, west};
}

Direction direction_of(const FacePlace& at) noexcept {
  const int ring = at.face / 4;  // north, equator, south
  const int eighth = 2 * (at.face % 4) + (ring == 1 ? 0 : 1);
  const double down = ring + 2.0 - at.x - at.y;  // from the north pole in units of a base cell
  double z = (2.0 - down) * (2.0 / 3.0);
  double flat = std::sqrt(std::max(0.0, 1.0 - z * z));
  double size = 1.0;
  if (down < 1.0 || down > 3.0) {
    size = down < 1.0 ? down : 4.0 - down;
    const double from_pole = size * size / 3.0;
    z = down < 1.0 ? 1.0 - from_pole : from_pole - 1.0;
    flat = std::sqrt(from_pole * (2.0 - from_pole));
  }
  const double angle = size > 0.0 ? 0.5 * kQuarterTurn * (eighth + (at.x - at.y) / size) : 0.0;
  return {flat * std::cos(angle), flat * std::sin(angle), z};
}

/// Puts the bits of v at the even places.
std::uint64_t spread(std::uint64_t v) noexcept {
  v = (v | v << 16) & 0x0000FFFF0000FFFFULL;
  v = (v | v << 8) & 0x00FF00FF00FF00FFULL;
  v = (v | v << 4) & 0x0F0F0F0F0F0F0F0FULL;
  v = (v | v << 2) & 0x3333333333333333ULL;
  return (v | v << 1) & 0x5555555555555555ULL;
}

/// Takes the bits at the even places of v.
std::uint64_t gather(std::uint64_t v) noexcept {
  v &= 0x5555555555555555ULL;
  v = (v | v >> 1) & 0x3333333333333333ULL;
  v = (v | v >> 2) & 0x0F0F0F0F0F0F0F0FULL;
  v = (v | v >> 4) & 0x00FF00FF00FF00FFULL;
  v = (v | v >> 8) & 0x0000FFFF0000FFFFULL;
  return (v | v >> 16) & 0x00000000FFFFFFFFULL;
}

/// A place inside a cell; dx, dy are 0 … 1 across it.
Direction inside(std::int64_t cell, int order, double dx, double dy) noexcept {
  const auto n_side = static_cast<double>(std::int64_t{1} << order);
  const std::int64_t per_face = std::int64_t{1} << (2 * order);
  const auto within = static_cast<std::uint64_t>(cell % per_face);
  return direction_of({static_cast<int>(cell / per_face),
                       (static_cast<double>(gather(within)) + dx) / n_side,
                       (static_cast<double>(gather(within >> 1)) + dy) / n_side});
}

double angle_between(const Direction& a, const Direction& b) noexcept {
  const double cx = a[1] * b[2] - a[2] * b[1];
  const double cy = a[2] * b[0] - a[0] * b[2];
  const double cz = a[0] * b[1] - a[1] * b[0];
  return std::atan2(std::sqrt(cx * cx + cy * cy + cz * cz),
                    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]);
}

/// Whether some of the cell may lie within `radius_rad`. Its sides bulge less than a tenth of its
/// size over the circle through its furthest corner (order 0, the worst), hence the slack.
bool may_reach(std::int64_t cell, int order, const Direction& centre, double radius_rad) noexcept {
  const Direction middle = centre_of(cell, order);
  double size = 0.0;
  for (const Direction& corner : corners_of(cell, order))
    size = std::max(size, angle_between(middle, corner));
  return angle_between(middle, centre) <= radius_rad + 1.1 * size;
}

void descend(std::int64_t cell, int order, int wanted, const Direction& centre, double radius_rad,
             std::vector<std::int64_t>& out) {
  if (!may_reach(cell, order, centre, radius_rad)) return;
  if (order == wanted) {
    out.push_back(cell);
    return;
  }
  for (std::int64_t child = 0; child < 4; ++child)
    descend(4 * cell + child, order + 1, wanted, centre, radius_rad, out);
}

}  // namespace

std::int64_t cell_of(const Direction& direction, int order) noexcept {
  const FacePlace at = place_of(direction);
  const std::int64_t n_side = std::int64_t{1} << order;
  const auto step = [&](double part) {
    return static_cast<std::uint64_t>(std::clamp<std::int64_t>(
        static_cast<std::int64_t>(part * static_cast<double>(n_side)), 0, n_side - 1));
  };
  return static_cast<std::int64_t>(spread(step(at.x)) | spread(step(at.y)) << 1) +
         at.face * n_side * n_side;
}

std::int64_t cell_of(const SkyPos& position, int order) noexcept {
  const double flat = std::cos(position.dec.rad());
  return cell_of(Direction{flat * std::cos(position.ra.rad()), flat * std::sin(position.ra.rad()),
                           std::sin(position.dec.rad())},
                 order);
}

Direction centre_of(std::int64_t cell, int order) noexcept {
  return inside(cell, order, 0.5, 0.5);
}

std::array<Direction, 4> corners_of(std::int64_t cell, int order) noexcept {
  return {inside(cell, order, 1.0, 1.0), inside(cell, order, 0.0, 1.0),
          inside(cell, order, 0.0, 0.0), inside(cell, order, 1.0, 0.0)};
}

std::vector<std::int64_t> cells_near(const SkyPos& centre, Angle radius, int order) {
  const double flat = std::cos(centre.dec.rad());
  const Direction at{flat * std::cos(centre.ra.rad()), flat * std::sin(centre.ra.rad()),
                     std::sin(centre.dec.rad())};
  std::vector<std::int64_t> out;
  for (std::int64_t face = 0; face < 12; ++face) descend(face, 0, order, at, radius.rad(), out);
  return out;
}

}  // namespace skyweft::healpix
