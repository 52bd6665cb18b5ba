"""The page that everybody writes first, for `tests.benchmarks.cockpit`: every move of the slider
recomputes scikit-learn's curves and sends whole charts. Scores come from the file in NAIVE_SCORES.
"""

from __future__ import annotations

import os

import numpy as np
import pandas as pd
import plotly.express as px
import streamlit as st
from sklearn.metrics import (
    average_precision_score,
    confusion_matrix,
    precision_recall_curve,
    roc_curve,
)


@st.cache_data
def load(path: str) -> pd.DataFrame:
    return pd.read_csv(path)


table = load(os.environ["NAIVE_SCORES"])
label, score = table["label"].to_numpy(), table["score"].to_numpy()
low, high = float(score.min()), float(score.max())
threshold = st.slider("Threshold", low, high, float(np.median(score)), (high - low) / 300)
matrix = confusion_matrix(label, score > threshold)
st.html(f"<p data-count='all'>{matrix.ravel().tolist()}</p>")
precision, recall, _ = precision_recall_curve(label, score)
false, true, _ = roc_curve(label, score)
at = confusion_matrix(label, score > threshold, normalize="true")
left, right = st.columns(2)
figure = px.histogram(table, x="score", color="label", nbins=80)
left.plotly_chart(figure.add_vline(threshold))
figure = px.line(x=recall, y=precision, title=f"{average_precision_score(label, score):.3f}")
right.plotly_chart(figure.add_scatter(x=[at[1, 1]], y=[matrix[1, 1] / max(1, matrix[:, 1].sum())]))
figure = px.line(x=false, y=true)
right.plotly_chart(figure.add_scatter(x=[at[0, 1]], y=[at[1, 1]]))
