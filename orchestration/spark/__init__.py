"""The same warehouse made by Apache Spark: the landing files stay, the models stay, the engine is another."""
