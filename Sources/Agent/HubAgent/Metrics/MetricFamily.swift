/// One metric of Prometheus: a name, what it means, and its values.
package struct MetricFamily: Sendable, Equatable {
    package enum Kind: String, Sendable {
        /// Only grows, until the agent starts again; its name ends with _total.
        case counter
        case gauge
    }

    package struct Sample: Sendable, Equatable {
        package var labels: [(name: String, value: String)]
        package var value: Double

        package static func == (left: Sample, right: Sample) -> Bool {
            left.value == right.value && left.labels.elementsEqual(right.labels, by: ==)
        }
    }

    package let name: String
    package let kind: Kind
    /// One sentence, with the unit.
    package let help: String
    package private(set) var samples: [Sample] = []

    /// Samples of one metric; more are left out: whoever watches pays for each.
    package static let sampleCountMax = 128

    package init(_ name: String, _ kind: Kind, _ help: String) {
        self.name = name
        self.kind = kind
        self.help = help
    }

    package init(_ name: String, _ kind: Kind, _ help: String, _ value: Double) {
        self.init(name, kind, help)
        add(value)
    }

    package mutating func add(_ value: Double, _ labels: KeyValuePairs<String, String> = [:]) {
        guard samples.count < Self.sampleCountMax else { return }
        samples.append(Sample(labels: labels.map { ($0.key, $0.value) }, value: value))
    }
}
