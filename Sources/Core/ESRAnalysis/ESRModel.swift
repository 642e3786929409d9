/// The trained estimator: a network of two hidden layers, and the calibration of its intervals.
///
/// Trained on synthetic runs only, by models/esr/train.py.
package struct ESRModel: Sendable, Hashable {
    struct Prediction {
        /// mm/h
        var value: Double
        var interval90: ClosedRange<Double>
        /// How far the most unusual input lies outside of the training runs' range, in their standard deviations.
        var envelopeExcess: Double
        /// Mahalanobis distance from the training runs, in parts of the largest that is taken.
        var distance: Double
    }

    package let artefact: ESRModelArtefact

    package init(_ artefact: ESRModelArtefact) {
        self.artefact = artefact
    }

    func prediction(_ inputs: [Double], minutes: Double) -> Prediction {
        let first = Self.layer(inputs, artefact.layers[0]).map(Self.activation)
        let second = Self.layer(first, artefact.layers[1]).map(Self.activation)
        let output = Self.layer(second, artefact.layers[2]).map { min(max($0, -6), 6) }
        let value = ElementaryFunctions.exp(output[0])
        let factors = calibrationFactors(minutes: minutes, value: value)
        let lower = 1 - ElementaryFunctions.exp(-ElementaryFunctions.exp(min(output[1], 2)))
        let upper = ElementaryFunctions.exp(ElementaryFunctions.exp(min(output[2], 1.5))) - 1
        return Prediction(
            value: value,
            interval90: max(value - factors.lower * value * lower, 0)...(value + factors.upper * value * upper),
            envelopeExcess: envelopeExcess(inputs), distance: distance(inputs))
    }

    /// One layer: its weights lie output by output.
    private static func layer(_ inputs: [Double], _ layer: (weights: [Float], biases: [Float])) -> [Double] {
        layer.weights.withUnsafeBufferPointer { weights in
            layer.biases.indices.map { output in
                let start = output * inputs.count
                // Four sums side by side, in a fixed order, so that the additions do not wait for each other.
                var sums = SIMD4<Double>(Double(layer.biases[output]), 0, 0, 0)
                var index = 0
                while index + 4 <= inputs.count {
                    let w = SIMD4(
                        Double(weights[start + index]), Double(weights[start + index + 1]),
                        Double(weights[start + index + 2]), Double(weights[start + index + 3]))
                    sums += w * SIMD4(inputs[index], inputs[index + 1], inputs[index + 2], inputs[index + 3])
                    index += 4
                }
                while index < inputs.count {
                    sums[0] += Double(weights[start + index]) * inputs[index]
                    index += 1
                }
                return (sums[0] + sums[1]) + (sums[2] + sums[3])
            }
        }
    }

    private static func activation(_ value: Double) -> Double {
        value / (1 + ElementaryFunctions.exp(-value))
    }

    private func envelopeExcess(_ inputs: [Double]) -> Double {
        inputs.indices.reduce(0) { excess, index in
            let below = artefact.inputLowerBounds[index] - inputs[index]
            let above = inputs[index] - artefact.inputUpperBounds[index]
            return max(excess, max(below, above) / artefact.inputScales[index])
        }
    }

    private func distance(_ inputs: [Double]) -> Double {
        let centred = zip(inputs, artefact.inputCentres).map { $0 - $1 }
        var sum = 0.0
        for row in centred.indices {
            var whitened = 0.0
            for column in centred.indices {
                whitened += artefact.whitening[row * centred.count + column] * centred[column]
            }
            sum += whitened * whitened
        }
        return sum / Double(centred.count) / artefact.distanceMax
    }

    /// Factors on the interval's arms for the stratum of `value`, linear in time between the calibrated minutes.
    private func calibrationFactors(minutes: Double, value: Double) -> (lower: Double, upper: Double) {
        let times = artefact.calibrationMinutes
        let stratum = artefact.strata.count { $0 < value }
        func factor(_ time: Int, _ side: Int) -> Double {
            artefact.calibrationFactors[(time * (artefact.strata.count + 1) + stratum) * 2 + side]
        }
        let next = times.firstIndex { $0 >= minutes } ?? times.count - 1
        guard next > 0 else { return (factor(0, 0), factor(0, 1)) }
        let share = min((minutes - times[next - 1]) / (times[next] - times[next - 1]), 1)
        func between(_ side: Int) -> Double {
            factor(next - 1, side) + share * (factor(next, side) - factor(next - 1, side))
        }
        return (between(0), between(1))
    }
}
