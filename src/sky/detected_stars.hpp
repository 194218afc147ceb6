// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include "data/source_list.hpp"
#include "data/star_catalog.hpp"
#include "data/wcs.hpp"

namespace skyweft::sky {

/// Makes a star list of the detections of one solved frame, for fields where the catalogue is
/// shallower than the frames.
///
/// Every source with snr >= `min_snr` (saturated ones too) becomes a star at its measured place,
/// with the id of that place (id_from_position); of two with one id the brighter stays. The nearest
/// star of `known` within `match_radius_arcsec`, each used once, brightest source first, lends its
/// magnitude and colour. The others get 25 − 2.5 log10(e/s) plus the median zero point of the
/// matched ones (0 when none matched) and colour NaN; no proper motion. Epoch as `known`. Sorted by
/// id. Throws Error{bad_input} when `exposure_s` is not positive. Collective: no.
StarCatalog stars_from_detections(const SourceList& sources, const Wcs& wcs,
                                  const StarCatalog& known, double exposure_s,
                                  double match_radius_arcsec, double min_snr);

}  // namespace skyweft::sky
