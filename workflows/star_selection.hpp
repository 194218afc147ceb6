// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/units.hpp"
#include "data/star_table.hpp"
#include "workflows/light_curve.hpp"

namespace skyweft::workflows {

/// Which stars of an archive are meant. Ids, positions, lists, cones and targets add up; `mags` and
/// `variable` choose among these, or among all stars when there are none of them.
struct StarRequest {
  std::vector<StarId> ids{};
  std::vector<std::string> positions{};  ///< "RA,DEC" in degrees: the nearest star
  std::vector<std::string> lists{};      ///< files of ids or of positions
  std::vector<std::string> cones{};      ///< "RA,DEC,RADIUS_ARCSEC"
  std::vector<std::string> targets{};    ///< names of the configuration's targets
  bool all = false;
  double radius_arcsec = 20.0;  ///< of positions and targets
  std::string mags{};           ///< "A,B": catalogue magnitude from A to B
  std::int64_t variable = 0;    ///< the most variable of them, by variability(); 0: all

  bool names_any() const noexcept {
    return !ids.empty() || !positions.empty() || !lists.empty() || !cones.empty() ||
           !targets.empty();
  }
};

/// "RA,DEC" in degrees. Throws Error{usage} naming `option` when it is none.
SkyPos parse_position(const std::string& text, const std::string& option = "--position");

/// How much each star varies more than its like, [star]: its scatter (1.4826 MAD) after the last
/// stage run over the noise model, in the chosen aperture, divided by the median of the same ratio
/// of the 50 stars next brighter and the 50 next fainter in the catalogue. Without a noise model
/// the scatter itself is compared. NaN where there is no scatter or magnitude. Collective: no.
/// Throws: never.
std::vector<double> variability(const StarTable& stars);

/// The rows of the stars asked for, ascending, each once. Entries of lists that the archive lacks
/// go to `missing`. A list holds one star a line, an id or RA and DEC in degrees, separated by
/// blanks or commas, '#' begins a comment; or it is a table with a header that names star_id (or
/// id), or ra_deg (ra) and dec_deg (dec). Collective: no. Throws Error{usage} for a request that
/// cannot be understood or asks for nothing, Error{bad_input} when an id, position, cone or target
/// has no star, when a list cannot be read, and when no star is left.
std::vector<std::int64_t> select_stars(const LightCurveReader& reader, const StarRequest& request,
                                       std::vector<std::string>& missing);

}  // namespace skyweft::workflows
