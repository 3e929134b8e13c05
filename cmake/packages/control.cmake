# Of each package: what it says about itself.
set(maintainer "PAI maintainers <maintainers@pai.example>")
set(description_master
"takes tasks and runs them at the parties' nodes
 PAI lets organisations that hold different columns about the same people
 find their common rows and train a model together, without showing each
 other their data.
 .
 This is the daemon that takes one JSON document that describes a task,
 checks it, and hands each organisation its part.")
set(description_node
"runs one party's part of common computations
 PAI lets organisations that hold different columns about the same people
 find their common rows and train a model together, without showing each
 other their data.
 .
 This is the daemon that each organisation runs, with the program of its
 computations. It decides about that organisation's data.")
set(description_paictl
"command line tool of PAI
 PAI lets organisations that hold different columns about the same people
 find their common rows and train a model together, without showing each
 other their data.
 .
 This tool runs and shows tasks, makes certificates, gives users their
 tokens, tells a node what others may use there, checks tables, and proves
 afterwards what left.")
