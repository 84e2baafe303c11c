using System.Collections.Immutable;
using System.Text;
using AarenGen.Generator.Diagnostics;
using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Lowering.Cuda.Passes;
using AarenGen.Generator.Model;
using AarenGen.Generator.Model.Cuda;
using AarenGen.Generator.Parsing;
using AarenGen.Generator.Planning;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace AarenGen.Generator;

/// <summary>Turns each class marked [SequenceModel] into a model: attributes, declaration, plan, source text.</summary>
[Generator(LanguageNames.CSharp)]
public sealed class ModelGenerator : IIncrementalGenerator
{
    /// <summary>Names of the tracked steps.</summary>
    internal const string DeclarationStep = "Declaration", PlanStep = "Plan", DeviceStep = "Device", CudaPlanStep = "CudaPlan",
        DiagnosticsStep = "Diagnostics";

    /// <summary>A type of the package that trains on a device.</summary>
    private const string DeviceType = "AarenGen.Cuda.CudaDeviceInfo";

    /// <summary>A type of the package that reads tables from files.</summary>
    private const string TableType = "AarenGen.Data.TableFile";

    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        IncrementalValuesProvider<ParsedModel> models = context.SyntaxProvider.ForAttributeWithMetadataName(
            Parser.ModelAttribute, static (node, _) => node is TypeDeclarationSyntax, Parser.Parse)
            .Where(static m => m is not null)!;

        // Planned once: source and diagnostics read the same result. Nothing in it knows where the declaration stands, so that moving it
        // re-runs nothing from here on but the reports.
        IncrementalValuesProvider<PlanResult> results = models
            .Select(static (m, _) => m.Declaration).WithTrackingName(DeclarationStep)
            .Select(static (d, cancellation) => Planner.Plan(d, cancellation)).WithTrackingName(PlanStep);
        IncrementalValuesProvider<Plan> planned = results.Where(static r => r.Plan is not null).Select(static (r, _) => r.Plan!);
        // Only names that collide change how their files are called, so that in nearly every project nothing is planned again for them.
        IncrementalValuesProvider<Plan> plans = planned
            .Combine(planned.Select(static (p, _) => p.FileName).Collect().Select(static (names, _) => FileName.Colliding(names)))
            .Select(static (pair, _) => pair.Right.Contains(pair.Left.FileName)
                ? pair.Left with { FileName = FileName.WithHash(pair.Left.FileName) } : pair.Left);
        context.RegisterSourceOutput(plans, static (output, plan) =>
        {
            output.CancellationToken.ThrowIfCancellationRequested();
            output.AddSource(plan.FileName + ".g.cs", SourceText.From(ModelEmitter.Emit(plan), Encoding.UTF8));
        });

        // Training on a device, where the project refers to the package that does it.
        IncrementalValueProvider<bool> hasDevice = context.CompilationProvider
            .Select(static (c, _) => c.GetTypeByMetadataName(DeviceType) is not null).WithTrackingName(DeviceStep);
        IncrementalValuesProvider<CudaPlan> cudaPlans = plans.Combine(hasDevice)
            .Where(static pair => pair.Right && CudaLowering.ObstacleOf(pair.Left) is null)
            .Select(static (pair, cancellation) => CudaLowering.Lower(pair.Left, cancellation)).WithTrackingName(CudaPlanStep);
        context.RegisterSourceOutput(cudaPlans, static (output, plan) =>
        {
            output.CancellationToken.ThrowIfCancellationRequested();
            string code = DeviceProgramEmitter.Emit(plan, CudaEmitter.Emit(plan));
            output.AddSource(plan.Class.FileName + ".cuda.g.cs", SourceText.From(code, Encoding.UTF8));
        });

        // Records from files, where the project refers to the package that reads them.
        IncrementalValueProvider<bool> hasTables = context.CompilationProvider
            .Select(static (c, _) => c.GetTypeByMetadataName(TableType) is not null);
        context.RegisterSourceOutput(
            plans.Where(static p => p.Task is { Record.Construction.Obstacle: null }).Combine(hasTables).Where(static pair => pair.Right),
            static (output, pair) => output.AddSource(
                pair.Left.FileName + ".tables.g.cs", SourceText.From(TableEmitter.EmitFile(pair.Left, pair.Left.Task!), Encoding.UTF8)));

        // Diagnostics: raw, with real locations, so that editors and pragmas treat them as any other.
        IncrementalValueProvider<ImmutableDictionary<Declaration, PlanResult>> resultOf = results.Collect()
            .Select(static (all, _) => all.GroupBy(static r => r.Declaration)
                .ToImmutableDictionary(static g => g.Key, static g => g.First()));
        IncrementalValuesProvider<Diagnostic> diagnostics = models.Combine(resultOf).Combine(hasDevice)
            .SelectMany(static (m, _) => Report(m.Left.Left, m.Left.Right[m.Left.Left.Declaration], m.Right))
            .WithTrackingName(DiagnosticsStep);
        context.RegisterSourceOutput(diagnostics, static (output, diagnostic) => output.ReportDiagnostic(diagnostic));

        IncrementalValuesProvider<UnmarkedClass> unmarked = context.SyntaxProvider
            .CreateSyntaxProvider(UnmarkedComponents.IsCandidate, UnmarkedComponents.Check)
            .Where(static c => c is not null)!;
        context.RegisterSourceOutput(unmarked, static (output, unmarkedClass) => output.ReportDiagnostic(unmarkedClass.Warning()));
    }

    private static ImmutableArray<Diagnostic> Report(ParsedModel model, PlanResult result, bool hasDevice)
    {
        IEnumerable<DiagnosticInfo> diagnostics = hasDevice && result.Plan is { } plan && CudaLowering.ObstacleOf(plan) is { } operation
            ? [.. result.Diagnostics, DiagnosticInfo.At(new DiagnosticLocation(), DiagnosticDescriptors.NoDeviceCode, plan.Name, operation)]
            : result.Diagnostics;
        return diagnostics.Select(p => Diagnostic.Create(
            DiagnosticDescriptors.Get(p.Id), model.LocationOf(p.DiagnosticLocation),
            p.Properties, p.Arguments.ToArray<object>()))
        .ToImmutableArray();
    }
}
