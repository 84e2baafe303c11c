using AarenGen.Generator.Diagnostics;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Planning;

/// <summary>A declaration of inputs, layers and losses alone, and the task that it was derived from; null: the user wrote it so.</summary>
internal sealed record DerivedModel(Declaration Declaration, TaskPlan? Task)
{
    /// <summary>Derives what a task stands for; null where the compiler rejects what the task says.</summary>
    public static DerivedModel? Of(Declaration declaration, DiagnosticBag diagnostics)
    {
        (ComponentDeclaration Component, ComponentDefinition? Definition)[] all =
            [.. declaration.Components.Select(static c => (c, Registry.Find(c.Name)))];
        if (all.FirstOrDefault(static c => c.Definition is TaskDefinition) is not (ComponentDeclaration task, TaskDefinition definition))
        {
            foreach ((ComponentDeclaration component, _) in all.Where(static c => c.Definition is TaskOptionDefinition))
            {
                diagnostics.Add(DiagnosticInfo.At(
                    diagnostics.LocationOf(component), DiagnosticDescriptors.NoTask, component.Name, declaration.Name));
            }
            return new(Without<TaskOptionDefinition>(), null);
        }
        // An input before it is a mistake by itself.
        bool isFirst = all.TakeWhile(c => c.Component != task).All(static c => c.Definition is InputDefinition);
        foreach ((ComponentDeclaration component, _) in all.Where(
            c => c.Definition is TaskDefinition && !(isFirst && ReferenceEquals(c.Component, task))))
        {
            diagnostics.Add(DiagnosticInfo.At(
                diagnostics.LocationOf(component), DiagnosticDescriptors.MisplacedTask, component.Name, declaration.Name));
        }
        return definition.Derive(task, Without<TaskDefinition>(), diagnostics);

        Declaration Without<TDefinition>() => declaration with
        {
            Components = new(all.Where(static c => c.Definition is not TDefinition).Select(static c => c.Component)),
        };
    }
}
