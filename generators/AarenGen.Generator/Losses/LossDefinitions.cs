using AarenGen.Generator.Diagnostics;
using AarenGen.Generator.Model;
using AarenGen.Generator.Planning;

namespace AarenGen.Generator.Losses;

/// <summary>A loss that compares each output with its own target.</summary>
internal abstract class PointLossDefinition : LossDefinition
{
    public override IReadOnlyList<ParameterRole>? Roles(ComponentDeclaration component) => [ParameterRole.Location];

    public override bool HasDistribution => false;

    protected static Loss Point(LossKind kind, string kernel, string arguments, string summary, int width, DeviceLoss device) =>
        new(kind, "PointLosses." + kernel, arguments, summary, width, TargetKind.Number, 0, width, "PointPrediction", "", device);
}

/// <summary>[MeanSquaredError]</summary>
internal sealed class MeanSquaredErrorDefinition : PointLossDefinition
{
    public override string Name => "MeanSquaredError";

    public override Loss Plan(ComponentDeclaration component, int width, DiagnosticBag diagnostics) =>
        Point(LossKind.SquaredError, "SquaredError", "", "mean squared error", width, new("EachValue<Squared>"));
}

/// <summary>[MeanAbsoluteError]</summary>
internal sealed class MeanAbsoluteErrorDefinition : PointLossDefinition
{
    public override string Name => "MeanAbsoluteError";

    public override Loss Plan(ComponentDeclaration component, int width, DiagnosticBag diagnostics) =>
        Point(LossKind.AbsoluteError, "AbsoluteError", "", "mean absolute error", width, new("EachValue<Absolute>"));
}

/// <summary>[Huber(Delta = …)]</summary>
internal sealed class HuberDefinition : PointLossDefinition
{
    public override string Name => "Huber";

    public override Loss Plan(ComponentDeclaration component, int width, DiagnosticBag diagnostics)
    {
        double value = diagnostics.Positive(component, "Delta", 1);
        string delta = Literal.Float(value);
        return Point(
            LossKind.Huber, "Huber", delta, $"Huber loss, delta {delta.TrimEnd('f')}", width,
            new("EachValue<HuberValue<#Delta>>", new DeviceConstant("Delta", new([value]), IsSingle: true)));
    }
}

/// <summary>[Quantiles(levels)]: a segment of the outputs for each level.</summary>
internal sealed class QuantilesDefinition : LossDefinition
{
    public override string Name => "Quantiles";

    public override Loss Plan(ComponentDeclaration component, int width, DiagnosticBag diagnostics)
    {
        EquatableArray<double> levels = component.Numbers("Levels");
        bool isValid = levels.Count > 0 && levels.All(static l => (float)l is > 0 and < 1)
            && levels.Zip(levels.Skip(1), static (a, b) => (float)a < (float)b).All(static b => b);
        if (!isValid)
        {
            diagnostics.Add(
                DiagnosticInfo.At(
                    diagnostics.LocationOf(component, "Levels"), DiagnosticDescriptors.BadLevels,
                    string.Join(", ", levels.Select(Literal.Double))));
            levels = new([0.5]);
        }
        int values = diagnostics.OutputGroups(component, width, levels.Count, $"{Literal.Number(levels.Count)} levels");
        string text = Literal.Floats(levels);
        return new(
            LossKind.Quantiles, "QuantileLoss.Pinball", text, "pinball loss at " + string.Join(", ", levels.Select(Literal.Double)), values,
            TargetKind.Number, 0, values,
            "QuantilePrediction", text,
            new(FormattableString.Invariant($"Pinball<#Levels, {levels.Count}>"), new DeviceConstant("Levels", levels, IsSingle: false)))
        {
            Levels = levels,
        };
    }

    public override IReadOnlyList<ParameterRole> Roles(ComponentDeclaration component) =>
        [.. Enumerable.Repeat(ParameterRole.Location, Math.Max(1, component.Numbers("Levels").Count))];
}

/// <summary>[Gaussian]: means, then deviations.</summary>
internal sealed class GaussianDefinition : LossDefinition
{
    public override string Name => "Gaussian";

    public override Loss Plan(ComponentDeclaration component, int width, DiagnosticBag diagnostics)
    {
        int values = diagnostics.OutputGroups(component, width, 2, "a mean and a deviation");
        return new(
            LossKind.Gaussian, "GaussianLoss.NegativeLogLikelihood", "", "Gaussian likelihood", values, TargetKind.Number, 0, values,
            "GaussianPrediction", "", new("GaussianLikelihood"));
    }

    public override IReadOnlyList<ParameterRole> Roles(ComponentDeclaration component) => [ParameterRole.Location, ParameterRole.Scale];
}

/// <summary>[StudentT]: locations, scales, degrees of freedom.</summary>
internal sealed class StudentTDefinition : LossDefinition
{
    public override string Name => "StudentT";

    public override Loss Plan(ComponentDeclaration component, int width, DiagnosticBag diagnostics)
    {
        int values = diagnostics.OutputGroups(component, width, 3, "a location, a scale and degrees of freedom");
        return new(
            LossKind.StudentT, "StudentTLoss.NegativeLogLikelihood", "", "Student-t likelihood", values, TargetKind.Number, 0, values,
            "StudentTPrediction", "", new("StudentLikelihood"));
    }

    public override IReadOnlyList<ParameterRole> Roles(ComponentDeclaration component) =>
        [ParameterRole.Location, ParameterRole.Scale, ParameterRole.Degrees];
}

/// <summary>[CrossEntropy(Smoothing = …, ClassWeights = …)]: an output a class.</summary>
internal sealed class CrossEntropyDefinition : LossDefinition
{
    public override string Name => "CrossEntropy";

    public override Loss Plan(ComponentDeclaration component, int width, DiagnosticBag diagnostics)
    {
        if (width < 2)
        {
            diagnostics.Add(
                DiagnosticInfo.At(
                    diagnostics.LocationOf(component), DiagnosticDescriptors.OutputsDoNotFit, component.Name,
                    "2 or more outputs, one a class", width));
        }
        double smoothing = diagnostics.Fraction(component, "Smoothing");
        EquatableArray<double> weights = component.Numbers("ClassWeights");
        bool areUsable = weights.Count == width && weights.All(static w => w >= 0 && (float)w <= float.MaxValue) && weights.Any(
            static w => (float)w > 0);
        if (component.Has("ClassWeights") && !areUsable)
        {
            diagnostics.Add(
                DiagnosticInfo.At(
                    diagnostics.LocationOf(component, "ClassWeights"), DiagnosticDescriptors.BadClassWeights, weights.Count, width));
        }
        string summary = "cross-entropy" + (smoothing > 0 ? $", smoothing {Literal.Double(smoothing)}" : "")
            + (weights.Count > 0 ? ", weights " + string.Join(" ", weights.Select(Literal.Double)) : "");
        return new(
            LossKind.CrossEntropy, "CrossEntropy.NegativeLogLikelihood",
            $"{Literal.Float(smoothing)}, {(weights.Count == 0 ? "default" : Literal.Floats(weights))}",
            summary, 1, TargetKind.Class, width, 1, "CategoricalPrediction", "",
            new(
                "CrossEntropyLoss<#Smoothing, #Weights>", new DeviceConstant("Smoothing", new([smoothing]), IsSingle: true),
                new DeviceConstant("Weights", weights.Count == 0 ? new(Enumerable.Repeat(1.0, width)) : weights, IsSingle: false)));
    }

    public override IReadOnlyList<ParameterRole>? Roles(ComponentDeclaration component) => null;
}

/// <summary>[LogNormalMixture]: log-weights, means and raw scales, one of each per component.</summary>
internal sealed class LogNormalMixtureDefinition : LossDefinition
{
    public override string Name => "LogNormalMixture";

    public override Loss Plan(ComponentDeclaration component, int width, DiagnosticBag diagnostics)
    {
        int components = diagnostics.OutputGroups(component, width, 3, "a weight, a mean and a scale per component");
        return new(
            LossKind.LogNormalMixture, "LogNormalMixture.NegativeLogLikelihood", "",
            FormattableString.Invariant($"log-normal mixture of {components}"), 1, TargetKind.Positive, 0, 1,
            "LogNormalMixturePrediction", "", new("LogNormalMixtureLikelihood"));
    }

    public override IReadOnlyList<ParameterRole>? Roles(ComponentDeclaration component) => null;
}
