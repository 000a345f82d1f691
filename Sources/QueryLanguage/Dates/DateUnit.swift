import BSON

/// A unit of time, as date arithmetic names it.
enum DateUnit: String, Sendable {
    case year, quarter, month, week, day, hour, minute, second, millisecond

    /// The months of a year, quarter or month; nil for units of fixed length.
    var months: Int? {
        switch self {
        case .year: 12
        case .quarter: 3
        case .month: 1
        default: nil
        }
    }

    /// The days of a week or day.
    var days: Int? { self == .week ? 7 : self == .day ? 1 : nil }

    /// The milliseconds of an hour, minute, second or millisecond; a day's and a week's on a clock that never jumps.
    var milliseconds: Int64 {
        switch self {
        case .millisecond: 1
        case .second: 1000
        case .minute: 60_000
        case .hour: 3_600_000
        case .day: 86_400_000
        default: 604_800_000
        }
    }
}

/// Counting and moving in units of time, in a zone. Moments are milliseconds since the epoch.
extension DateUnit {
    /// The moment so many units later; the last day of a month where that has no such day. Nil where no date holds it.
    func add(_ amount: Int64, to moment: Int64, in zone: TimeZone) -> Int64? {
        if let months {
            let (count, overflow) = Int(amount).multipliedReportingOverflow(by: months)
            guard !overflow, count.magnitude < 12 * 600_000_000 else { return nil }
            var date = UTCDate(milliseconds: zone.local(moment))
            let index = date.year * 12 + date.month - 1 + count
            date.year = Int(floorDivide(Int64(index), 12))
            date.month = index - date.year * 12 + 1
            date.day = min(date.day, UTCDate.daysInMonth(date.month, year: date.year))
            return date.milliseconds.map(zone.moment(ofLocal:))
        }
        let (change, tooMuch) = amount.multipliedReportingOverflow(by: milliseconds)
        // Days and weeks keep the local time of day, shorter units the time that passes.
        let start = days == nil ? moment : zone.local(moment)
        let (result, overflow) = start.addingReportingOverflow(change)
        if tooMuch || overflow { return nil }
        return days == nil ? result : zone.moment(ofLocal: result)
    }

    /// How many boundaries of the unit lie between two moments; negative where the end comes first.
    func count(from start: Int64, to end: Int64, in zone: TimeZone, firstDayOfWeek: Int) -> Int64 {
        if let months {
            return floorDivide(monthIndex(end, zone), Int64(months))
                - floorDivide(monthIndex(start, zone), Int64(months))
        }
        let (a, b) = (zone.local(start), zone.local(end))
        switch self {
        case .week: return weekIndex(b, firstDayOfWeek) - weekIndex(a, firstDayOfWeek)
        case .day: return floorDivide(b, milliseconds) - floorDivide(a, milliseconds)
        default:
            // Where the clocks jumped between, the hours that passed count, not those on the clock.
            let (from, to) = (floor(a) &- (a &- start), floor(b) &- (b &- end))
            return floorDivide(to &- from, milliseconds)
        }
    }

    private func floor(_ local: Int64) -> Int64 { floorDivide(local, milliseconds) * milliseconds }

    private func monthIndex(_ moment: Int64, _ zone: TimeZone) -> Int64 {
        let date = UTCDate(milliseconds: zone.local(moment))
        return Int64(date.year * 12 + date.month - 1)
    }

    /// 1970-01-01 was a Thursday: day 4 from Sunday.
    private func weekIndex(_ local: Int64, _ firstDayOfWeek: Int) -> Int64 {
        floorDivide(floorDivide(local, 86_400_000) + 4 - Int64(firstDayOfWeek), 7)
    }

    /// The start of the period of `size` units that a moment lies in. Periods are counted from 2000-01-01, weeks from the
    /// first such day of the week on or after it. Nil where no date holds it.
    func truncate(_ moment: Int64, size: Int64, in zone: TimeZone, firstDayOfWeek: Int) -> Int64? {
        let local = zone.local(moment)
        if let months {
            let (length, overflow) = size.multipliedReportingOverflow(by: Int64(months))
            if overflow { return nil }
            let (start, below) = (floorDivide(monthIndex(moment, zone) - 24_000, length)).multipliedReportingOverflow(
                by: length)
            if below { return nil }
            let index = start + 24_000
            let year = floorDivide(index, 12)
            return UTCDate(year: Int(year), month: Int(index - year * 12) + 1).milliseconds.map(zone.moment(ofLocal:))
        }
        // 2000-01-01 was a Saturday, day 6 from Sunday.
        let reference = 946_684_800_000 + (self == .week ? Int64((firstDayOfWeek + 1) % 7) * 86_400_000 : 0)
        let (length, overflow) = size.multipliedReportingOverflow(by: milliseconds)
        let (distance, far) = local.subtractingReportingOverflow(reference)
        if overflow || far { return nil }
        let (periods, below) = floorDivide(distance, length).multipliedReportingOverflow(by: length)
        let (start, before) = periods.addingReportingOverflow(reference)
        if below || before { return nil }
        return days == nil ? start &- (local &- moment) : zone.moment(ofLocal: start)
    }
}
