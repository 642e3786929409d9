#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The trained estimator: a network of two hidden layers, and the calibration of its intervals.
///
/// Trained on synthetic runs only, by models/esr/train.py. Inputs and outputs are defined there and in features.py.
struct ESRModel {
    struct Prediction {
        /// mm/h
        var value: Double
        var interval90: ClosedRange<Double>
        /// How far the most unusual input lies outside of the training runs' range, in their standard deviations.
        var envelopeExcess: Double
    }

    func prediction(
        levels: [Double], minutes: Double, temperature: Double, tilt: Double, noise: Double
    ) -> Prediction {
        let inputs = Self.inputs(
            levels: levels, minutes: minutes, temperature: temperature, tilt: tilt, noise: noise)
        let first = Self.layer(inputs, ESRModelTable.weights1, ESRModelTable.biases1).map(Self.activation)
        let second = Self.layer(first, ESRModelTable.weights2, ESRModelTable.biases2).map(Self.activation)
        let output = Self.layer(second, ESRModelTable.weights3, ESRModelTable.biases3).map { min(max($0, -8), 8) }
        let value = exp(output[0])
        let factors = Self.calibrationFactors(minutes: minutes, value: value)
        let lower = value - factors.lower * value * (1 - exp(-exp(output[1])))
        let upper = value + factors.upper * value * (exp(exp(output[2])) - 1)
        return Prediction(
            value: value, interval90: max(lower, 0)...max(upper, value), envelopeExcess: Self.envelopeExcess(inputs))
    }

    /// Inputs of the network, in the order of features.py.
    private static func inputs(
        levels: [Double], minutes: Double, temperature: Double, tilt: Double, noise: Double
    ) -> [Double] {
        let part = minutes / Double(levels.count)
        var inputs = zip(levels.dropFirst(), levels).map { asinh(($0 - $1) / part / 0.05) }
        let first = levels.first ?? 0
        let last = levels.last ?? 0
        inputs += [
            asinh(first), asinh(last), minutes, log(minutes),
            log(viscosity(20) / viscosity(temperature)),
            log1p(0.30 * pow(abs(tilt) / 3, 2.36)),
            log(max(noise, 0.02)), last,
        ]
        return inputs
    }

    /// Viscosity of water at this temperature in °C, up to a constant factor.
    private static func viscosity(_ temperature: Double) -> Double {
        pow(10, 247.8 / (temperature + 273.15 - 140))
    }

    /// One layer: its weights lie output by output.
    private static func layer(_ inputs: [Double], _ weights: [Double], _ biases: [Double]) -> [Double] {
        biases.indices.map { output in
            let start = output * inputs.count
            var sum = biases[output]
            for index in inputs.indices {
                sum += weights[start + index] * inputs[index]
            }
            return sum
        }
    }

    private static func activation(_ value: Double) -> Double {
        value / (1 + exp(-value))
    }

    private static func envelopeExcess(_ inputs: [Double]) -> Double {
        inputs.indices.reduce(0) { excess, index in
            let below = ESRModelTable.inputLowerBounds[index] - inputs[index]
            let above = inputs[index] - ESRModelTable.inputUpperBounds[index]
            return max(excess, max(below, above) / ESRModelTable.inputScales[index])
        }
    }

    /// Factors on the interval's arms for the stratum of `value`, linear in time between the calibrated minutes.
    private static func calibrationFactors(minutes: Double, value: Double) -> (lower: Double, upper: Double) {
        let times = ESRModelTable.calibrationMinutes
        let stratum = ESRModelTable.strata.count { $0 < value }
        func factor(_ time: Int, _ side: Int) -> Double {
            ESRModelTable.calibrationFactors[(time * (ESRModelTable.strata.count + 1) + stratum) * 2 + side]
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
