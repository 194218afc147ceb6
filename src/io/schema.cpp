// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/schema.hpp"

#include <type_traits>

namespace skyweft::io {
namespace {

template <class T>
std::string type_text() {
  if constexpr (std::is_same_v<T, float>) return "float32";
  if constexpr (std::is_same_v<T, double>) return "float64";
  if constexpr (std::is_same_v<T, std::int32_t>) return "int32";
  if constexpr (std::is_same_v<T, std::int64_t>) return "int64";
  return "text";
}

std::string joined(std::string_view group, std::string_view path) {
  std::string out{group};
  if (!group.empty()) out += '/';
  return out.append(path);
}

class Table {
 public:
  /// Adds columns of one file and group.
  template <class... T>
  void add(std::string_view file, std::string_view group, const Column<T>&... columns) {
    (add_one(file, group, columns), ...);
  }
  std::vector<ColumnText> take() { return std::move(rows_); }

 private:
  template <class T>
  void add_one(std::string_view file, std::string_view group, const Column<T>& column) {
    std::string shape;
    for (const Axis axis : axes_of(column.axes))
      shape.append("[").append(name_of(axis)).append("]");
    rows_.push_back({.file = std::string{file},
                     .path = joined(group, column.path),
                     .type = type_text<T>(),
                     .shape = shape,
                     .unit = std::string{column.unit},
                     .meaning = std::string{column.meaning}});
  }

  std::vector<ColumnText> rows_;
};

void add_records(Table& table, std::string_view file, std::string_view group) {
  using namespace frame_column;
  table.add(file, group, kId, kFile, kState, kStage, kReason, kTest, kMeasured, kThreshold,
            kTimeUtc, kTimeTdb, kExposure, kCamera, kChannel, kFilter, kMasters, kObserver[0],
            kObserver[1], kObserver[2], kZenith[0], kZenith[1], kZenith[2], kAirmass, kHourAngle,
            kZenithDistance, kAzimuth, kSunAltitude, kMoonAltitude, kMoonSeparation, kMoonLit, kRa,
            kDec, kScale, kRotation, kSources, kMatched, kWcsRms, kLogOdds, kSolvedBy, kFwhm,
            kElongation, kMasked, kOverscan, kBackground, kBackgroundRms, kSdkTerms, kSdkStars,
            kSdkUsed, kSdkTerm, kSdk[0], kSdk[1], kSdk[2], kPsfModel, kPsfTerms, kPsfStars,
            kPsfRounds, kPsfConverged, kPsfChi2, kPsfFwhm, kPsfElongation, kShiftX, kShiftY,
            kRecentred, kPxPerRadius, kZeroPoint, kZeroPointErr, kZeroPointColour,
            kZeroPointScatter, kZeroPointStars, kDepth, kTransparency, kWcsRa, kWcsDec, kWcsUnit,
            kWcsOrder, kWcsColourZero, kWcsColourX, kWcsColourY, kWcsTerms, kWcsTerm, kWcsCx,
            kWcsCy);
}

void add_stars(Table& table, std::string_view file) {
  using namespace star_column;
  table.add(file, "", kId, kEpoch, kRa, kDec, kPmRa, kPmDec, kMag, kColour, kRadius);
}

}  // namespace

std::vector<Axis> axes_of(Axes axes) {
  switch (axes) {
    case Axes::scalar:
      return {};
    case Axes::star:
      return {Axis::star};
    case Axes::frame:
      return {Axis::frame};
    case Axes::aperture:
      return {Axis::aperture};
    case Axes::term:
      return {Axis::term};
    case Axes::star_frame:
      return {Axis::star, Axis::frame};
    case Axes::star_aperture:
      return {Axis::star, Axis::aperture};
    case Axes::group:
      return {Axis::group};
    case Axes::star_group:
      return {Axis::star, Axis::group};
    case Axes::star_frame_aperture:
      return {Axis::star, Axis::frame, Axis::aperture};
    case Axes::frame_star:
      return {Axis::frame, Axis::star};
    case Axes::frame_star_aperture:
      return {Axis::frame, Axis::star, Axis::aperture};
    case Axes::frame_term:
      return {Axis::frame, Axis::term};
    case Axes::shape_term:
      return {Axis::shape_term};
    case Axes::frame_shape_term:
      return {Axis::frame, Axis::shape_term};
    case Axes::x_line:
      return {Axis::x_line};
    case Axes::y_line:
      return {Axis::y_line};
    case Axes::term_parameter:
      return {Axis::term, Axis::parameter};
    case Axes::place:
      return {Axis::place};
    case Axes::place_row_column:
      return {Axis::place, Axis::row, Axis::column};
    case Axes::level:
      return {Axis::level};
    case Axes::frame_aperture:
      return {Axis::frame, Axis::aperture};
    case Axes::frame_aperture_part:
      return {Axis::frame, Axis::aperture, Axis::part};
    case Axes::frame_aperture_part_term:
      return {Axis::frame, Axis::aperture, Axis::part, Axis::term};
    case Axes::frame_aperture_part_range:
      return {Axis::frame, Axis::aperture, Axis::part, Axis::range};
    case Axes::group_aperture_term:
      return {Axis::group, Axis::aperture, Axis::term};
    case Axes::group_aperture_star:
      return {Axis::group, Axis::aperture, Axis::star};
  }
  return {};
}

std::string_view name_of(Axis axis) noexcept {
  switch (axis) {
    case Axis::star:
      return "star";
    case Axis::frame:
      return "frame";
    case Axis::aperture:
      return "aperture";
    case Axis::group:
      return "group";
    case Axis::term:
      return "term";
    case Axis::shape_term:
      return "shape_term";
    case Axis::x_line:
      return "x_line";
    case Axis::y_line:
      return "y_line";
    case Axis::parameter:
      return "parameter";
    case Axis::place:
      return "place";
    case Axis::row:
      return "row";
    case Axis::column:
      return "column";
    case Axis::level:
      return "level";
    case Axis::part:
      return "part";
    case Axis::range:
      return "range";
  }
  return "";
}

std::vector<ColumnText> all_columns() {
  Table table;
  add_records(table, kFramesFile, "");
  add_stars(table, kStarsFile);
  {
    using namespace star_column;
    table.add(kStarsFile, "", kPoints, kAperture, kMedianMag);
    for (const auto& stages :
         {kScatter, kRms, kPointToPoint, kWhiteNoise, kRedNoise, kBeta, kFinite})
      for (const auto& column : stages) table.add(kStarsFile, "", column);
    table.add(kStarsFile, "", kNoiseModel, kExpectedLoss, kGroup, kPointsGroup, kScatterGroup);
  }
  {
    using namespace segment_column;
    table.add(kSegmentFile, "", kFrame, kStarRow, star_column::kRadius, kFlux, kFluxErr, kX, kY,
              kBg, kBgErr, kQuality);
    for (const PointExtra& e : kPointExtras)
      table.add(kSegmentFile, "", extra_column(e.name, Axes::frame_star));
  }
  add_records(table, kSegmentFile, kRecordsGroup);
  add_stars(table, kShardFile);
  table.add(kShardFile, "", shard_column::kFirstStar, shard_column::kFrameId,
            shard_column::kTimeUtc);
  {
    using namespace raw_column;
    table.add(kShardFile, kRawGroup, kFlux, kFluxErr, kX, kY, kBg, kBgErr, kQuality);
    for (const PointExtra& e : kPointExtras)
      table.add(kShardFile, kRawGroup, extra_column(e.name, Axes::star_frame));
  }
  for (const std::string_view group : {"magfit", "epd", "tfa"}) {
    table.add(kShardFile, group, stage_column::kMag);
    if (group == kGroupWithErrors) table.add(kShardFile, group, stage_column::kMagErr);
    table.add(kShardFile, group, stage_column::kQuality);
  }
  {
    using namespace psf_column;
    table.add(kPsfMapFile, "", kModel, kView, kTerms, kXLine, kYLine, kCoefficient, kStars, kPixels,
              kRounds, kConverged, kChi2, kStampX, kStampY, kStampStep, kStamp);
  }
  {
    using namespace magfit_column;
    table.add(kMagfitFile, "", kGroup, kReferenceFrame, kRounds, kConverged, kFrame, kGroupOfFrame,
              kExcluded, kTerms, kSplit, kRadius, kFrameRms, kFrameShift, kPart, kLevel, kUsed,
              kCoefficient, kLow, kHigh, kGroupTerms, kGroupCoefficient, kAnchor);
  }
  {
    using namespace reference_column;
    table.add(kReferencesFile, "", star_column::kId, star_column::kRadius, magfit_column::kGroup,
              kMag, kErr, kScatter, kPoints, kUsed);
  }
  return table.take();
}

}  // namespace skyweft::io
