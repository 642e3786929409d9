import ESRAnalysis

/// One run as an SVG picture: the samples, the curve that the estimate rests on, and the estimate with its interval.
struct AnalyzePlot: Sendable {
    private static let width = 720.0
    private static let height = 420.0
    private static let margin = 56.0
    private static let minutesMax = 60.0
    /// Samples that are drawn; more are thinned out.
    private static let dotCountMax = 1_000

    let run: SedimentationRun
    let verdict: ESRVerdict

    var svg: String {
        var lines = [
            #"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \#(n(Self.width)) \#(n(Self.height))" "#
                + #"font-family="sans-serif" font-size="12">"#,
            #"<rect width="100%" height="100%" fill="white"/>"#,
            #"<title>Sedimentation run: \#(verdict.status.rawValue)</title>"#,
        ]
        lines += axes + dots + fit + estimate
        lines.append(text(Self.margin, 24, heading, anchor: "start"))
        lines.append(
            text(
                Self.width - 8, Self.height - 6,
                "\(verdict.provenance.algorithm) \(verdict.provenance.version), trained on synthetic runs; not a diagnosis",
                anchor: "end"))
        lines.append("</svg>")
        return lines.joined(separator: "\n") + "\n"
    }

    private var heading: String {
        guard let estimate = verdict.estimate else {
            return "no result: " + verdict.reasons.map(\.rawValue).joined(separator: ", ")
        }
        let interval = estimate.interval90
        return "\(estimate.comparator?.rawValue ?? "")\(n(estimate.value)) mm/h "
            + "(90 %: \(n(interval.lowerBound)) to \(n(interval.upperBound))), \(verdict.status.rawValue), "
            + "after \(n(verdict.minutes)) min"
    }

    /// mm at the lower end of the picture: falls are drawn downwards, as they are seen.
    private var depth: Double {
        let falls = run.falls.lazy.compactMap { $0 }.filter { $0.isFinite && abs($0) <= 200 }
        let interval = verdict.estimate.map { min($0.interval90.upperBound, 200) } ?? 0
        return max(falls.max() ?? 0, interval, 10) * 1.05
    }

    private var axes: [String] {
        let step = depth > 100 ? 50.0 : depth > 40 ? 20 : 5
        var lines: [String] = []
        for minute in stride(from: 0, through: Self.minutesMax, by: 10) {
            lines.append(line(x(minute), y(0), x(minute), y(depth), "lightgrey"))
            lines.append(text(x(minute), y(0) - 6, "\(n(minute)) min", anchor: "middle"))
        }
        for level in stride(from: 0, through: depth, by: step) {
            lines.append(line(x(0), y(level), x(Self.minutesMax), y(level), "lightgrey"))
            lines.append(text(x(0) - 6, y(level) + 4, "\(n(level)) mm", anchor: "end"))
        }
        return lines
    }

    private var dots: [String] {
        guard run.periodSeconds.isFinite, run.periodSeconds > 0 else { return [] }
        let stride = max(run.falls.count / Self.dotCountMax, 1)
        let circles = run.falls.enumerated().compactMap { index, fall -> String? in
            let minute = Double(index) * run.periodSeconds / 60
            guard index % stride == 0, let fall, fall.isFinite, abs(fall) <= 2 * depth, minute <= Self.minutesMax else {
                return nil
            }
            return #"<circle cx="\#(n(x(minute)))" cy="\#(n(y(fall)))" r="1"/>"#
        }
        return [#"<g fill="grey">"#] + circles + ["</g>"]
    }

    private var fit: [String] {
        guard let levels = verdict.features?.levels, !levels.isEmpty else { return [] }
        let part = verdict.minutes / Double(levels.count)
        let points = levels.enumerated().map { index, level in
            "\(n(x((Double(index) + 0.5) * part))),\(n(y(level)))"
        }
        return [
            #"<polyline fill="none" stroke="steelblue" stroke-width="2" points="\#(points.joined(separator: " "))"/>"#
        ]
    }

    private var estimate: [String] {
        guard let estimate = verdict.estimate else { return [] }
        let at = x(Self.minutesMax)
        let upper = y(min(estimate.interval90.upperBound, depth))
        let lower = y(estimate.interval90.lowerBound)
        return [
            line(at, lower, at, upper, "firebrick", width: 2),
            line(at - 6, lower, at + 6, lower, "firebrick", width: 2),
            line(at - 6, upper, at + 6, upper, "firebrick", width: 2),
            #"<circle cx="\#(n(at))" cy="\#(n(y(min(estimate.value, depth))))" r="5" fill="firebrick"/>"#,
        ]
    }

    private func x(_ minute: Double) -> Double {
        Self.margin + minute / Self.minutesMax * (Self.width - 2 * Self.margin)
    }

    private func y(_ level: Double) -> Double {
        Self.margin + level / depth * (Self.height - 2 * Self.margin)
    }

    private func line(
        _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ colour: String, width: Double = 1
    ) -> String {
        #"<line x1="\#(n(x1))" y1="\#(n(y1))" x2="\#(n(x2))" y2="\#(n(y2))" stroke="\#(colour)" "#
            + #"stroke-width="\#(n(width))"/>"#
    }

    private func text(_ x: Double, _ y: Double, _ text: String, anchor: String) -> String {
        let escaped = text.split(separator: "<", omittingEmptySubsequences: false).joined(separator: "&lt;")
        return #"<text x="\#(n(x))" y="\#(n(y))" text-anchor="\#(anchor)">\#(escaped)</text>"#
    }

    /// To one decimal place, without one where it is 0.
    private func n(_ value: Double) -> String {
        let tenths = (value * 10).rounded()
        guard tenths.isFinite, abs(tenths) < 1e9 else { return "0" }
        let whole = Int(tenths)
        let sign = whole < 0 ? "-" : ""
        return sign + "\(whole.magnitude / 10)" + (whole % 10 == 0 ? "" : ".\(whole.magnitude % 10)")
    }
}
