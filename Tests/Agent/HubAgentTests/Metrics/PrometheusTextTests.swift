import HubAgent
import Testing

@Suite("Prometheus' text")
struct PrometheusTextTests {
    @Test("Help, type, labels and values as the format has them; what needs an escape has one")
    func text() {
        var family = MetricFamily("corhub_x_total", .counter, "One\\two\nthree \"four\".")
        family.add(3, ["a": "b\"c\\d\ne"])
        family.add(0.5)
        family.add(.infinity)
        family.add(.nan)
        #expect(
            PrometheusText.text(of: [family, MetricFamily("corhub_empty", .gauge, "Nothing.")]) == """
                # HELP corhub_x_total One\\\\two\\nthree "four".
                # TYPE corhub_x_total counter
                corhub_x_total{a="b\\"c\\\\d\\ne"} 3
                corhub_x_total 0.5
                corhub_x_total +Inf
                corhub_x_total NaN

                """)
    }

    @Test("As many samples as may be, and no more")
    func limit() {
        var family = MetricFamily("corhub_x", .gauge, "X.")
        for index in 0...MetricFamily.sampleCountMax { family.add(Double(index), ["i": "\(index)"]) }
        #expect(family.samples.count == MetricFamily.sampleCountMax)
    }
}
