// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/circle_cut.hpp"

#include <algorithm>
#include <cmath>

namespace skyweft::phot {
namespace {

/// The lines of one axis on one side of the star, counted outwards.
struct Side {
  const double* at;
  const double* half;
  std::int32_t first;  ///< the line nearest to the star
  std::int32_t step;   ///< +1 or -1
  std::int32_t n;      ///< parts
  double line(std::int32_t i) const { return std::abs(at[first + step * i]); }
  double half_chord(std::int32_t i) const { return half[first + step * i]; }
  std::int32_t part(std::int32_t i) const { return step > 0 ? first + i : first - 1 - i; }
};

Side side_of(const TileLines& lines, const std::vector<double>& half, bool positive) {
  const std::int32_t n = positive ? lines.n_part() - lines.below : lines.below;
  return {lines.at.data(), half.data(), lines.below, positive ? 1 : -1, n};
}

/// √(R² − v²) of every line, 0 beyond the circle.
void half_chords(const std::vector<double>& at, double radius, std::vector<double>& half) {
  half.resize(at.size());
  for (std::size_t i = 0; i < at.size(); ++i)
    half[i] = std::sqrt(std::max((radius - at[i]) * (radius + at[i]), 0.0));
}

/// One quadrant's arc on its way from the x axis to the y axis.
class Quadrant {
 public:
  Quadrant(const LightTiles& tiles, double radius, const Side& x, const Side& y,
           std::vector<TileReach>& reach, std::vector<ArcPiece>& arcs,
           std::vector<double>& integral)
      : tiles_(tiles),
        radius_(radius),
        longest_chord2_(kLongestChord * kLongestChord * radius * radius),
        x_(x),
        y_(y),
        reach_(reach.data()),
        arcs_(arcs),
        integral_(integral.data()) {}

  /// Lists the arcs tile by tile, and how far the rows of tiles are touched and whole.
  void follow();

 private:
  void add(std::int32_t column, std::int32_t row, ArcPoint p, ArcPoint q, bool from_side,
           bool to_top);
  void push(const ArcPiece& arc);
  void push_halves(const ArcPiece& arc);

  const LightTiles& tiles_;
  double radius_;
  double longest_chord2_;
  Side x_;
  Side y_;
  TileReach* reach_;
  std::vector<ArcPiece>& arcs_;
  double* integral_;
};

/// Appends an arc, halved until the rule is exact enough.
inline void Quadrant::push(const ArcPiece& arc) {
  const double wide = arc.q.x - arc.p.x;
  const double high = arc.q.y - arc.p.y;
  if (wide * wide + high * high <= longest_chord2_) [[likely]]
    arcs_.push_back(arc);
  else
    push_halves(arc);
}

void Quadrant::push_halves(const ArcPiece& arc) {
  const double x = arc.p.x + arc.q.x;
  const double y = arc.p.y + arc.q.y;
  const double scale = radius_ / std::sqrt(x * x + y * y);
  ArcPiece half = arc;
  half.q = {x * scale, y * scale};
  push(half);
  half.p = half.q;
  half.q = arc.q;
  push(half);
}

/// Adds what lies under the arc p … q in one tile. From the right side to the left one φ is
/// integrated along y first, so that the region has no corner to split at; from the right side to
/// the top the corner that is cut off has none.
inline void Quadrant::add(std::int32_t column, std::int32_t row, ArcPoint p, ArcPoint q,
                          bool from_side, bool to_top) {
  const std::int32_t ix = x_.part(column);
  const std::int32_t iy = y_.part(row);
  const std::int32_t pixel = tiles_.y().pixel[static_cast<std::size_t>(iy)] * tiles_.x().n_pixel() +
                             tiles_.x().pixel[static_cast<std::size_t>(ix)];
  const LightCell& cell = tiles_.cell(ix, iy);
  const auto x_sign = static_cast<double>(x_.step);
  const auto y_sign = static_cast<double>(y_.step);
  ArcPiece arc{p, q, cell.along_x.data(), x_sign, cell.x0, y_sign, cell.y0, 0.0, pixel};
  if (from_side && to_top) {
    arc.from = x_sign * x_.line(column + 1) - cell.x0;
    const auto n = static_cast<std::size_t>(tiles_.x().n_part());
    integral_[pixel] +=
        tiles_.integrals()[static_cast<std::size_t>(iy) * n + static_cast<std::size_t>(ix)];
  } else if (from_side) {
    arc = {{p.y, p.x},
           {q.y, q.x},
           cell.along_y.data(),
           y_sign,
           cell.y0,
           x_sign,
           cell.x0,
           y_sign * y_.line(row) - cell.y0,
           pixel};
  } else {
    arc.from = x_sign * x_.line(column) - cell.x0;
  }
  push(arc);
}

void Quadrant::follow() {
  if (x_.n == 0 || y_.n == 0 || y_.line(0) >= radius_) return;
  ArcPoint p{y_.half_chord(0), y_.line(0)};
  std::int32_t column = 0;  // x_.n: beyond the last line
  if (x_.line(0) >= p.x) return;
  while (column < x_.n && x_.line(column + 1) < p.x) ++column;
  bool from_side = false;
  std::int32_t row = 0;
  reach_[y_.part(0)].touched = std::min(column + 1, x_.n);
  while (true) {
    const bool to_top = y_.half_chord(row + 1) >= x_.line(column) && y_.line(row + 1) < radius_;
    const ArcPoint q = to_top ? ArcPoint{y_.half_chord(row + 1), y_.line(row + 1)}
                              : ArcPoint{x_.line(column), x_.half_chord(column)};
    if (column < x_.n) add(column, row, p, q, from_side, to_top);
    if (to_top) {
      reach_[y_.part(row)].whole = column;
      if (++row == y_.n) return;
      reach_[y_.part(row)].touched = std::min(column + 1, x_.n);
    } else if (column-- == 0) {
      return;
    }
    from_side = !to_top;
    p = q;
  }
}

}  // namespace

void CircleCut::set(const LightTiles& tiles, double radius_px) {
  const TileLines& x = tiles.x();
  const TileLines& y = tiles.y();
  half_chords(x.at, radius_px, x_half_);
  half_chords(y.at, radius_px, y_half_);
  left_.assign(static_cast<std::size_t>(y.n_part()), {});
  right_.assign(static_cast<std::size_t>(y.n_part()), {});
  integral_.assign(tiles.pixels().size(), 0.0);
  arcs_.clear();
  for (const bool right : {true, false})
    for (const bool up : {true, false})
      Quadrant(tiles, radius_px, side_of(x, x_half_, right), side_of(y, y_half_, up),
               right ? right_ : left_, arcs_, integral_)
          .follow();
  add_arcs(arcs_, radius_px, integral_);
  join_rows(tiles);
}

/// Joins the sides of the rows of tiles to rows of pixels, and gives the pixels on the circle their
/// whole tiles.
void CircleCut::join_rows(const LightTiles& tiles) {
  const TileLines& x = tiles.x();
  const TileLines& y = tiles.y();
  const auto n_part = static_cast<std::size_t>(x.n_part());
  rows_.assign(static_cast<std::size_t>(y.n_pixel()), {});
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const auto begin = static_cast<std::size_t>(y.first[i]);
    const auto end = static_cast<std::size_t>(y.first[i + 1]);
    CutRow& row = rows_[i];
    row.touched_first = row.inside_end = x.n_pixel();
    for (std::size_t part = begin; part < end; ++part) {
      const std::int32_t touched_first = x.below - left_[part].touched;
      const std::int32_t touched_end = x.below + right_[part].touched;
      const auto whole_first = static_cast<std::size_t>(x.below - left_[part].whole);
      const auto whole_end = static_cast<std::size_t>(x.below + right_[part].whole);
      if (touched_first < touched_end) {
        row.touched_first =
            std::min(row.touched_first, x.pixel[static_cast<std::size_t>(touched_first)]);
        row.touched_end =
            std::max(row.touched_end, x.pixel[static_cast<std::size_t>(touched_end - 1)] + 1);
      }
      if (whole_first >= whole_end) {
        row.inside_end = 0;
        continue;
      }
      const std::int32_t cut = x.pixel[whole_first];
      const bool starts =
          x.first[static_cast<std::size_t>(cut)] == static_cast<std::int32_t>(whole_first);
      row.inside_first = std::max(row.inside_first, starts ? cut : cut + 1);
      row.inside_end =
          std::min(row.inside_end, whole_end == n_part ? x.n_pixel() : x.pixel[whole_end]);
    }
    row.touched_end = std::max(row.touched_end, row.touched_first);
    if (row.inside_first >= row.inside_end) row.inside_first = row.inside_end = row.touched_end;
    for (std::size_t part = begin; part < end; ++part) {
      const std::int32_t whole_first = x.below - left_[part].whole;
      const std::int32_t whole_end = x.below + right_[part].whole;
      const double* const tile = tiles.integrals().data() + part * n_part;
      double* const pixels = integral_.data() + i * static_cast<std::size_t>(x.n_pixel());
      const auto add_whole = [&](std::int32_t first, std::int32_t last) {
        for (std::int32_t px = first; px < last; ++px) {
          const std::int32_t from = std::max(whole_first, x.first[static_cast<std::size_t>(px)]);
          const std::int32_t to = std::min(whole_end, x.first[static_cast<std::size_t>(px) + 1]);
          for (std::int32_t t = from; t < to; ++t) pixels[px] += tile[t];
        }
      };
      add_whole(row.touched_first, row.inside_first);
      add_whole(row.inside_end, row.touched_end);
    }
  }
}

}  // namespace skyweft::phot
